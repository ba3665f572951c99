import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { parseResult } from '../../src/result/read.js';
import type { Result } from '../../src/result/types.js';
import { type RunningCli, runCli, startCli, startHere } from '../helpers/cli.js';
import { alive, familyOf } from '../helpers/family.js';
import { whole } from '../helpers/steady.js';

// However a run ends, nothing that was measured is lost. In processes of their own, in a group of their own, as a shell
// starts them: signals, terminals and descriptors are what this is about. They wait most of the time, and run side by side.

const main = new URL('../../dist/main.js', import.meta.url).pathname;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let broker: BrokerHandle;
let at: string[];
const all = mkdtempSync(join(tmpdir(), 'mqbench-ends-'));
const running: ChildProcess[] = [];

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 } } });
  at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await broker.close();
  rmSync(all, { recursive: true, force: true });
});

const newFolder = (): string => mkdtempSync(join(all, 'case-'));

function start(cwd: string, args: readonly string[], stdio?: StdioOptions): RunningCli {
  const cli = startCli(args, { cwd, stdio, detached: true });
  running.push(cli.child);
  return cli;
}

let loads = 0;
/** 100 messages a second, to topics of its own: one broker serves all tests. */
const load = (more: string) => [
  'pubsub',
  ...at,
  ...`-t ends/${++loads}/%i --pubs 4 -i 1 -q 1 --rate 100 --workers 2 ${more}`.split(' '),
];
const resultAt = (path: string): Result => parseResult(readFileSync(path, 'utf8'), path);
const measured = (result: Result): number => result.cells[0]?.metrics.distributions['publish.ack']?.count ?? 0;
/** Until a tenth of what {@link measured} has to be is surely there. */
const aWhile = (): Promise<void> => sleep(500);

const scenario = (duration: string): string => `
title: Ends
arms: [tcp]
network: none
load:
  clients: 10
  connectRate: 200/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 200/s }
  duration: ${duration}
  drain: 500ms
`;
/** The arguments for a run of {@link scenario}. */
function runOf(folder: string, duration: string): string[] {
  writeFileSync(join(folder, 'ends.yaml'), scenario(duration));
  return ['run', 'ends.yaml', '--out', 'out'];
}
const runFolder = (folder: string): string => join(folder, 'out', String(readdirSync(join(folder, 'out'))[0]));
const runResult = (folder: string): Result => resultAt(join(runFolder(folder), 'result.json'));

describe.concurrent('a signal to the whole group', { timeout: 180_000 }, () => {
  it.for(signals)('ends a load in order, with summary, JSON, CSV: %s', async (signal, { expect }) => {
    const folder = newFolder();
    const cli = start(folder, load('--duration 30s --json r.json --csv r.csv'));
    await cli.sees('8 of 8 connected');
    await aWhile();
    process.kill(-(cli.child.pid as number), signal);
    const { code, stdout, stderr } = await cli.ended;
    expect(code, stderr).toBe(5);
    expect(stdout).toMatch(/^ {2}PUBLISH to PUBACK .* \d+$/m);
    const result = resultAt(join(folder, 'r.json'));
    expect(result.status).toBe('interrupted');
    expect(measured(result)).toBeGreaterThan(10);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8').split('\n')[0]).toMatchInlineSnapshot(`
      "scenario,cell,arm,network,repeat,second,series,value
      "
    `);
  });

  it.for(signals)(
    'keeps what the cell that runs has measured, twice as well as once: %s',
    async (signal, { expect }) => {
      const folder = newFolder();
      const cli = start(folder, runOf(folder, '20s'));
      await cli.sees('· traffic');
      await aWhile();
      process.kill(-(cli.child.pid as number), signal);
      process.kill(-(cli.child.pid as number), signal === 'SIGINT' ? 'SIGTERM' : signal); // as shells and CI servers do
      const { code, stdout, stderr } = await cli.ended;
      expect(code, stderr).toBe(5);
      expect(stdout.split('\n')).toContain('Interrupted: finished are 0 of 1 cells. Complete it with --resume.');
      const result = runResult(folder);
      expect([result.status, result.cells[0]?.status]).toEqual(['interrupted', 'interrupted']);
      expect(measured(result)).toBeGreaterThan(10);
      expect(result.cells[0]?.doubts.map((doubt) => doubt.code)).toContain('partial');
    },
  );
});

const hasTerminal = existsSync('/usr/bin/script');

describe.concurrent('output that nobody can read', { timeout: 180_000 }, () => {
  it('on a full disk is dropped, and the files are written', async ({ expect }) => {
    const full = openSync('/dev/full', 'w');
    const folder = newFolder();
    const cli = start(folder, load('--duration 1s --json r.json'), ['ignore', full, full]);
    const run = start(folder, runOf(folder, '1s'), ['ignore', full, full]);
    expect((await cli.ended).code).toBe(0);
    expect(measured(resultAt(join(folder, 'r.json')))).toBeGreaterThan(50);
    expect((await run.ended).code).toBe(0);
    expect(runResult(folder).status).toBe('finished');
    closeSync(full);
  });

  it('because its reader has closed is dropped, and the files are written', async ({ expect }) => {
    const folder = newFolder();
    const cli = start(folder, load('--duration 1s --json r.json'));
    await cli.sees('clients connect to');
    cli.child.stdout?.destroy();
    cli.child.stderr?.destroy();
    expect((await cli.ended).code).toBe(0);
    expect(measured(resultAt(join(folder, 'r.json')))).toBeGreaterThan(50);
  });

  /** A load in a terminal of its own, whose other end goes away. @param command of the shell in it, which runs $LOAD */
  async function inLostTerminal(cwd: string, command: string, length: string): Promise<() => boolean> {
    const line = [process.execPath, main, ...load(`--json r.json --duration ${length}`)].join(' ');
    const terminal = spawn('/usr/bin/script', ['-qfec', command.replace('$LOAD', line), 'typescript'], {
      cwd,
      stdio: 'ignore',
      env: { ...process.env, SHELL: '/bin/sh' },
    });
    running.push(terminal);
    const file = join(cwd, 'typescript');
    const typed = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    while (!typed().includes('8 of 8 connected')) await sleep(50);
    await aWhile();
    const family = familyOf(terminal.pid as number);
    terminal.kill('SIGKILL');
    return () => family.every(({ pid }) => !alive(pid));
  }

  it.skipIf(!hasTerminal)(
    'because the terminal was closed is dropped: who is told ends in order',
    async ({ expect }) => {
      const folder = newFolder();
      const allGone = await inLostTerminal(folder, 'exec $LOAD', '60s');
      await expect.poll(allGone, { timeout: 15_000 }).toBe(true);
      expect(resultAt(join(folder, 'r.json')).status).toBe('interrupted');
      expect(measured(resultAt(join(folder, 'r.json')))).toBeGreaterThan(10);
    },
  );

  it.skipIf(!hasTerminal)(
    'because the terminal was closed is dropped: who is not told goes on to the end',
    async ({ expect }) => {
      const folder = newFolder();
      // The shell, which the kernel tells, does not pass it on, and notes the exit code.
      const allGone = await inLostTerminal(folder, "trap '' HUP; $LOAD; echo $? > code", '4s');
      await expect.poll(allGone, { timeout: 20_000 }).toBe(true);
      expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n');
      expect(resultAt(join(folder, 'r.json')).status).toBe('finished');
      expect(measured(resultAt(join(folder, 'r.json')))).toBe(400);
    },
  );
});

describe.concurrent('a file that cannot be written at the end', { timeout: 180_000 }, () => {
  it('comes after the summary of a load, with exit code 4, and the other file is there', async ({ expect }) => {
    const folder = newFolder();
    const args = load('--duration 500ms --json /dev/full --csv r.csv --quiet');
    expect(whole(await runCli(args, { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    8 of 8 connected, asked 1,000/s, achieved RATE
      Messages   asked 100/s, achieved RATE acknowledged
      Received   50, RATE
      Latency
      Transport ready: 8
      CONNACK: 8
      Subscriber SUBACK: 4
      CONNACK from dial: 8
      PUBLISH to PUBACK: 50
      Written to PUBACK: 50
      Delivered: 50
      Longest silence: 4
      Ledger     QoS 1: 50 offered, 50 sent, 0 again, 50 acknowledged, 50 received, 0 duplicate, 0 out of order, 0 missing: promise kept
      Generator  PROCESSES
      standard error:
      mqbench: cannot write /dev/full: ENOSPC: no space left on device, write
        → the disk is full; free some space or choose another place with --json"
    `);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8').split('\n').length).toBeGreaterThan(1);
  });

  it('comes after the table of a run, with exit code 4, and leaves nothing half written', async ({ expect }) => {
    const folder = newFolder();
    const cli = startHere(runOf(folder, '1s'), { cwd: folder });
    await cli.sees('· traffic');
    const run = runFolder(folder);
    for (const name of ['result.json', 'report.html']) symlinkSync('/dev/full', join(run, `${name}.new`));
    expect(whole(await cli.ended)).toMatchSnapshot();
    expect(runResult(folder).cells[0]?.status).toBe('finished'); // the next attempt found space
    expect(readdirSync(run).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('is found before the run where that is possible, and no empty file is left of the attempt', async ({ expect }) => {
    const folder = newFolder();
    const refused = await runCli(load('--duration 1s --json nowhere/r.json'), { cwd: folder });
    expect(whole(refused)).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: cannot write nowhere/r.json: ENOENT: no such file or directory, open 'FOLDER/nowhere/r.json'
        → choose another place with --json"
    `);
    const cli = start(folder, load('--duration 30s --json r.json'));
    await cli.sees('clients connect to');
    cli.child.kill('SIGKILL');
    await cli.ended;
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.concurrent('a process of a command', { timeout: 180_000 }, () => {
  it('that is a load worker and killed takes along what only it had measured, exit code 4', async ({ expect }) => {
    const folder = newFolder();
    const cli = start(folder, load('--duration 30s --json r.json'));
    await cli.sees('8 of 8 connected');
    await aWhile();
    const worker = familyOf(cli.child.pid as number).find(({ command }) =>
      command.includes('dist/load/worker/entry.js'),
    );
    process.kill(worker?.pid as number, 'SIGKILL');
    const { code, stdout, stderr } = await cli.ended;
    expect(code).toBe(4);
    expect(stderr).toMatch(/^mqbench: the load worker \d process ended unexpectedly \(SIGKILL\)$/m);
    expect(stdout).toMatch(/^ {2}PUBLISH to PUBACK .* \d+$/m);
    const result = resultAt(join(folder, 'r.json'));
    expect(result.status).toBe('failed');
    expect(result.cells[0]?.error?.code).toBe('MQB_ROLE_DIED');
    expect(result.cells[0]?.doubts.map((doubt) => doubt.code)).toContain('partial');
    expect(measured(result)).toBeGreaterThan(5);
  });

  it('that is a broker at its limit of file descriptors lives, says so, and ends in order', async ({ expect }) => {
    const listeners = '--tcp 0 --tls off --ws off --wss off --quic off --stats 500ms'.split(' ');
    const line = ['ulimit -n 256; exec', process.execPath, main, 'broker', ...listeners].join(' ');
    const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    const ended = once(child, 'exit');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    await expect.poll(() => said, { timeout: 15_000 }).toMatch(/^listening {2}tcp +mqtt:\/\/127\.0\.0\.1:\d+$/m);
    const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1] as string;
    const tooMany = `conn -h 127.0.0.1 -c 350 -R 300 --duration 2s --quiet -p ${port}`;
    const conn = await runCli(tooMany.split(' '));
    expect(conn.stdout).toMatch(/^Clients {4}[12]\d\d of 350 connected/);
    expect(said).toMatch(/^mqbench: all file descriptors .* in use: further clients are refused/m);
    expect(said).toMatch(/^clients: tcp [12]\d\d .*memory \d/m);
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });
});
