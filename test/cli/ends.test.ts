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
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { parseResult } from '../../src/result/read.js';
import type { Result } from '../../src/result/types.js';
import { runCli, startHere } from '../helpers/cli.js';
import { alive, familyOf } from '../helpers/family.js';

// However a run ends, nothing that was measured is lost. In processes of their own, in a group of their own, as a shell
// starts them: signals, terminals and descriptors are what this is about.

const main = new URL('../../dist/main.js', import.meta.url).pathname;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let broker: BrokerHandle;
let folder: string;
let at: string[];
const running: ChildProcess[] = [];

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 } } });
  at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
});
afterAll(() => broker.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-ends-'));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], stdio: StdioOptions = ['ignore', 'pipe', 'pipe']) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio, detached: true });
  running.push(child);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = once(child, 'exit').then(async ([code, signal]) => {
    await Promise.race([once(child, 'close'), sleep(1000)]);
    return { code, signal, out, err };
  });
  return { child, ended, err: () => err };
}

const load = (more: string[] = []) => ['pubsub', ...at, ...'--pubs 4 -q 1 --rate 100 --workers 2'.split(' '), ...more];
const resultAt = (file: string): Result => parseResult(readFileSync(join(folder, file), 'utf8'), file);
const measured = (result: Result): number => result.cells[0]?.metrics.distributions['publish.ack']?.count ?? 0;

const scenario = `
title: Ends
arms: [tcp]
network: none
load:
  clients: 10
  connectRate: 200/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 100/s }
  duration: 20s
  drain: 500ms
`;
const scenarioFile = (text = scenario): string => {
  writeFileSync(join(folder, 'ends.yaml'), text);
  return 'ends.yaml';
};
const runResult = (): Result => {
  const [run] = readdirSync(join(folder, 'out'));
  return resultAt(join('out', String(run), 'result.json'));
};

describe.each(signals)('%s', (signal) => {
  it('to the whole group ends a load in order: summary, JSON, CSV, exit code 5', async () => {
    const cli = start(load(['--duration', '30s', '--json', 'r.json', '--csv', 'r.csv']));
    await expect.poll(cli.err, { timeout: 15_000 }).toMatch(/acked [1-9]/);
    await sleep(1_000);
    process.kill(-(cli.child.pid as number), signal);
    const { code, out, err } = await cli.ended;
    expect([code, out], err).toEqual([5, expect.stringContaining('publish due → acknowledged')]);
    expect(resultAt('r.json').status).toBe('interrupted');
    expect(measured(resultAt('r.json'))).toBeGreaterThan(10);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8')).toContain('acknowledged');
  }, 40_000);

  it('to the whole group keeps what the cell that runs has measured, twice as well as once', async () => {
    const cli = start(['run', scenarioFile(), '--out', 'out']);
    await expect.poll(cli.err, { timeout: 20_000 }).toContain('· traffic');
    await sleep(1_000);
    process.kill(-(cli.child.pid as number), signal);
    process.kill(-(cli.child.pid as number), signal === 'SIGINT' ? 'SIGTERM' : signal); // as shells and CI servers do
    const { code, out, err } = await cli.ended;
    expect(code, err).toBe(5);
    expect(out).toContain('Interrupted: finished are 0 of 1 cells');
    const result = runResult();
    expect([result.status, result.cells[0]?.status]).toEqual(['interrupted', 'interrupted']);
    expect(measured(result)).toBeGreaterThan(10);
    expect(result.cells[0]?.doubts.map((doubt) => doubt.code)).toContain('partial');
  }, 40_000);
});

describe('output that nobody can read', () => {
  it('on a full disk is dropped, and the files are written', async () => {
    const full = openSync('/dev/full', 'w');
    const cli = start(load(['--duration', '1s', '--json', 'r.json']), ['ignore', full, full]);
    const run = start(['run', scenarioFile(scenario.replace('20s', '1s')), '--out', 'out'], ['ignore', full, full]);
    expect((await cli.ended).code).toBe(0);
    expect(measured(resultAt('r.json'))).toBeGreaterThan(50);
    expect((await run.ended).code).toBe(0);
    expect(runResult().status).toBe('finished');
    closeSync(full);
  }, 40_000);

  it('because its reader has closed is dropped, and the files are written', async () => {
    const cli = start(load(['--duration', '1s', '--json', 'r.json']));
    await expect.poll(cli.err, { timeout: 15_000 }).not.toBe('');
    cli.child.stdout?.destroy();
    cli.child.stderr?.destroy();
    expect((await cli.ended).code).toBe(0);
    expect(measured(resultAt('r.json'))).toBeGreaterThan(50);
  }, 40_000);

  /** A load in a terminal of its own, whose other end goes away. @param command of the shell in it, which runs $LOAD */
  async function inLostTerminal(command: string, more: string[]): Promise<() => boolean> {
    const line = [process.execPath, main, ...load(['--json', 'r.json', ...more])].join(' ');
    const terminal = spawn('/usr/bin/script', ['-qfec', command.replace('$LOAD', line), 'typescript'], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, SHELL: '/bin/sh' },
    });
    running.push(terminal);
    const typed = () =>
      existsSync(join(folder, 'typescript')) ? readFileSync(join(folder, 'typescript'), 'utf8') : '';
    await expect.poll(typed, { timeout: 15_000 }).toMatch(/acked [1-9]/);
    await sleep(1_000);
    const family = familyOf(terminal.pid as number);
    terminal.kill('SIGKILL');
    return () => family.every(({ pid }) => !alive(pid));
  }

  const hasTerminal = existsSync('/usr/bin/script');

  it.skipIf(!hasTerminal)(
    'because the terminal was closed is dropped: who is told ends in order',
    async () => {
      const allGone = await inLostTerminal('exec $LOAD', ['--duration', '60s']);
      await expect.poll(allGone, { timeout: 15_000 }).toBe(true);
      expect(resultAt('r.json').status).toBe('interrupted');
      expect(measured(resultAt('r.json'))).toBeGreaterThan(10);
    },
    60_000,
  );

  it.skipIf(!hasTerminal)(
    'because the terminal was closed is dropped: who is not told goes on to the end',
    async () => {
      // The shell, which the kernel tells, does not pass it on, and notes the exit code.
      const allGone = await inLostTerminal("trap '' HUP; $LOAD; echo $? > code", ['--duration', '5s']);
      await expect.poll(allGone, { timeout: 20_000 }).toBe(true);
      expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n');
      expect(resultAt('r.json').status).toBe('finished');
      expect(measured(resultAt('r.json'))).toBe(500);
    },
    60_000,
  );
});

describe('a file that cannot be written at the end', () => {
  it('comes after the summary of a load, with exit code 4, and the other file is there', async () => {
    const args = load(['--duration', '1s', '--json', '/dev/full', '--csv', 'r.csv', '--quiet']);
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect(code).toBe(4);
    expect(stdout).toContain('publish due → acknowledged');
    expect(stderr).toMatch(/cannot write \/dev\/full: ENOSPC.*\n.*the disk is full/);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8')).toContain('acknowledged');
  });

  it('comes after the table of a run, with exit code 4, and leaves nothing half written', async () => {
    const cli = startHere(['run', scenarioFile(scenario.replace('20s', '1s')), '--out', join(folder, 'out')], {
      cwd: folder,
    });
    await cli.sees('· traffic');
    const run = join(folder, 'out', String(readdirSync(join(folder, 'out'))[0]));
    for (const name of ['result.json', 'report.html']) symlinkSync('/dev/full', join(run, `${name}.new`));
    const { code, stdout, stderr } = await cli.ended;
    expect(code).toBe(4);
    expect(stdout).toContain('CONNACK');
    expect(stderr).toMatch(/cannot write .*result\.json.*; the run goes on/);
    expect(stderr).toMatch(/cannot write .*report\.html: ENOSPC/);
    expect(runResult().cells[0]?.status).toBe('finished'); // the next attempt found space
    expect(readdirSync(run).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('is found before the run where that is possible, and no empty file is left of the attempt', async () => {
    const refused = await runCli(load(['--duration', '1s', '--json', 'nowhere/r.json']), { cwd: folder });
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    const cli = start(load(['--duration', '30s', '--json', 'r.json']));
    await expect.poll(cli.err, { timeout: 15_000 }).toMatch(/connected/);
    cli.child.kill('SIGKILL');
    await cli.ended;
    expect(readdirSync(folder)).toEqual([]);
  }, 40_000);
});

describe('a load worker that is killed', () => {
  it('takes along what only it had measured: the other ones are in the summary and the JSON, exit code 4', async () => {
    const cli = start(load(['--duration', '30s', '--json', 'r.json']));
    await expect.poll(cli.err, { timeout: 15_000 }).toMatch(/acked [1-9]/);
    await sleep(1_000);
    const worker = familyOf(cli.child.pid as number).find(({ command }) => command.includes('dist/load/entry.js'));
    process.kill(worker?.pid as number, 'SIGKILL');
    const { code, out, err } = await cli.ended;
    expect(code).toBe(4);
    expect(err).toMatch(/the load worker \d process ended unexpectedly \(SIGKILL\)/);
    expect(out).toContain('publish due → acknowledged');
    const result = resultAt('r.json');
    expect(result.status).toBe('failed');
    expect(result.cells[0]?.error?.code).toBe('MQB_ROLE_DIED');
    expect(result.cells[0]?.doubts.map((doubt) => doubt.code)).toContain('partial');
    expect(measured(result)).toBeGreaterThan(5);
  }, 40_000);
});

describe('a broker at its limit of file descriptors', () => {
  it('lives, tells its statistics, says that it refuses clients, and ends in order', async () => {
    const listeners = '--tcp 0 --tls off --ws off --wss off --quic off --stats 500ms'.split(' ');
    const line = ['ulimit -n 256; exec', process.execPath, main, 'broker', ...listeners].join(' ');
    const child = spawn('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    const ended = once(child, 'exit');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    await expect.poll(() => said, { timeout: 15_000 }).toMatch(/listening {2}tcp +mqtt:\/\/127\.0\.0\.1:\d+/);
    const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1] as string;
    const tooMany = '-h 127.0.0.1 -c 350 -R 300 --duration 3s --quiet'.split(' ');
    const conn = await runCli(['conn', ...tooMany, '-p', port], { cwd: folder });
    expect(conn.stdout).toMatch(/\d+ of 350 connected/);
    expect(said).toMatch(/mqbench: all file descriptors .* in use: further clients are refused/);
    expect(said).toMatch(/clients: tcp [12]\d\d .*memory \d/);
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  }, 60_000);
});
