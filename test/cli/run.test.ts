import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Result } from '../../src/result/types.js';
import { type CliOutcome, runCli, startCli, startHere } from '../helpers/cli.js';
import { alive, familyOf, namespacesOf, newMark } from '../helpers/family.js';
import { labMissing } from '../helpers/lab-available.js';
import { whole } from '../helpers/steady.js';

const all = mkdtempSync(join(tmpdir(), 'mqbench-run-'));
afterAll(() => rmSync(all, { recursive: true, force: true }));

/** A folder of one test, with a scenario in it. */
function withScenario(text: string): string {
  const folder = mkdtempSync(join(all, 'case-'));
  writeFileSync(join(folder, 'loop.yaml'), text);
  return folder;
}

/** Small and on loopback: what is tested here is the command, not the network. */
const loopback = `
title: Loopback
arms: [tcp, tls]
network: none
load:
  clients: 10
  connectRate: 200/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 100/s }
  duration: 500ms
  drain: 500ms
show: [connect.connack.p50, publish.ack.p95, messages.missing]
expect:
  - messages.missing == 0
`;

const resultIn = (folder: string): Result => {
  const [run] = readdirSync(join(folder, 'out'));
  return JSON.parse(readFileSync(join(folder, 'out', String(run), 'result.json'), 'utf8')) as Result;
};

const mqbench = (cwd: string, flags: string) => runCli(['run', 'loop.yaml', ...flags.split(' ')], { cwd });

/** A run that two tests look at: all clients publish, two others hear it, and one expectation is missed. */
let fanInRun: Promise<{ outcome: CliOutcome; result: Result }> | undefined;
function fanIn(): NonNullable<typeof fanInRun> {
  const text = loopback
    .replace('arms: [tcp, tls]', 'arms: [tcp]')
    .replace('subscribe: { topic: "t/%c", qos: 1 }', 'subscribers: { clients: 2, topic: "t/#", qos: 1 }')
    .replace('messages.missing == 0', 'publish.ack.p50 > 10s');
  const run = async (folder: string) => ({ outcome: await mqbench(folder, '--out out'), result: resultIn(folder) });
  fanInRun ??= run(withScenario(text));
  return fanInRun;
}

describe.concurrent('mqbench run', { timeout: 180_000 }, () => {
  test('a scenario on loopback runs, prints its table and leaves a result', async ({ expect }) => {
    const folder = withScenario(loopback);
    const outcome = await mqbench(folder, '--out out');
    expect(whole(outcome)).toMatchSnapshot();
    const result = resultIn(folder);
    expect(result.status).toBe('finished');
    expect(result.cells.map((cell) => [cell.id, cell.status])).toEqual([
      ['tcp@loopback', 'finished'],
      ['tls@loopback', 'finished'],
    ]);
    for (const cell of result.cells) {
      expect(cell.metrics.values['messages.offered']).toBe(50);
      expect(cell.metrics.values['messages.received']).toBe(50);
      expect(cell.metrics.distributions['publish.ack']?.count).toBe(50);
    }
  });

  test('subscribers of their own get every message of every publisher, and the ledger counts all copies', async ({
    expect,
  }) => {
    const [cell] = (await fanIn()).result.cells;
    expect(cell?.metrics.values).toMatchObject({
      'clients.connected': 12,
      'messages.offered': 50,
      'messages.received': 100,
      'messages.missing': 0,
    });
    expect(cell?.ledger.map(({ verdict }) => verdict)).toEqual(['kept']);
  });

  test('a missed expectation is named with its value, exit 10', async ({ expect }) => {
    const { code, stdout } = (await fanIn()).outcome;
    expect(code).toBe(10);
    expect(stdout).toMatch(/MISSED: publish\.ack\.p50 > 10s/);
  });

  test('every mistake of a scenario file is listed with line and path before anything starts', async ({ expect }) => {
    const text = loopback.replace('clients: 10', 'clients: -3').replace('duration: 500ms', 'duration: 1 parsec');
    const folder = withScenario(`${text}\nnonsense: 1\n`);
    expect(whole(await mqbench(folder, '--out out'))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: 3 mistakes in FOLDER/loop.yaml
        FOLDER/loop.yaml:6:12 load.clients: must be at least 1, not -3
        FOLDER/loop.yaml:10:13 load.duration: "1 parsec" is not a duration; write it like 500us, 30ms, 10s or 2m
        FOLDER/loop.yaml:16:1 nonsense: unknown field "nonsense"; known here: title, why, sources, arms, brokers, network, timeline, measure, repeat, expect, show, load, fleets, search, lab, agents, seed, workers, quick
        → mqbench help scenarios explains every field; scenarios/schema.json lets an editor check while you write"
    `);
    expect(readdirSync(folder)).toEqual(['loop.yaml']);
  });

  test('an unwritable output folder fails in the first second, naming the folder and the remedy', async ({
    expect,
  }) => {
    const folder = withScenario(loopback);
    expect(whole(await mqbench(folder, '--out loop.yaml/out'))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: cannot make the result folder FOLDER/loop.yaml/out/loop-DATE: EEXIST: file already exists, mkdir 'FOLDER/loop.yaml'
        → a file is in the way; choose another place with --out"
    `);
  });

  test('--dry-run says what would happen and leaves nothing', async ({ expect }) => {
    const folder = withScenario(loopback);
    expect(whole(await mqbench(folder, '--dry-run'))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Loopback
        Arms: tcp; tls (TLS 1.3).
        Networks: loopback (nothing added).
        In each cell 10 clients connect at 200/s (50.0 ms), subscribe to t/%c with QoS
        1.
        They publish 64 B to t/%c with QoS 1 at 100/s in all, for 500 ms; then up to
        500 ms for what is under way.
        2 cells, about 3.55 s each, 7.10 s in all:
        tcp@loopback, tls@loopback
        1 expectation is judged at the end."
    `);
    expect(readdirSync(folder)).toEqual(['loop.yaml']);
  });

  test.for(['--only tcp,tls', '--only tcp --only tls'])('%s means either', async (only, { expect }) => {
    const folder = withScenario(loopback);
    expect(whole(await mqbench(folder, `${only} --dry-run`))).toBe(whole(await mqbench(folder, '--dry-run')));
  });

  test('Ctrl-C keeps what is finished, says so, and exits 5', async ({ expect }) => {
    const folder = withScenario(loopback.replace('duration: 500ms', 'duration: 3s'));
    const cli = startHere(['run', 'loop.yaml', '--out', 'out'], { cwd: folder });
    await cli.sees('[2/2] tls@loopback · traffic');
    cli.interrupt();
    const { code, stdout, stderr } = await cli.ended;
    expect(code, stderr).toBe(5);
    const result = resultIn(folder);
    expect(result.status).toBe('interrupted');
    expect(result.cells.map((cell) => cell.status)).toEqual(['finished', 'interrupted']);
    expect(stdout.split('\n')).toContain('Interrupted: finished are 1 of 2 cells. Complete it with --resume.');
  });

  test('kill -9 of the main process leaves no broker and no worker behind', async ({ expect }) => {
    const folder = withScenario(loopback.replace('duration: 500ms', 'duration: 30s'));
    const cli = startCli(['run', 'loop.yaml', '--out', 'out'], { cwd: folder });
    await cli.sees('[1/2] tcp@loopback · traffic');
    const family = familyOf(cli.child.pid as number);
    expect(family.length).toBeGreaterThanOrEqual(3); // main, broker, worker
    cli.child.kill('SIGKILL');
    await cli.ended;
    await expect.poll(() => family.filter(({ pid }) => alive(pid)), { timeout: 5000 }).toEqual([]);
  });
});

const missing = labMissing();
describe.skipIf(missing !== undefined)(`mqbench run in the lab${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const scenario = loopback
    .replace('network: none', 'network: { rtt: [20ms] }')
    .replace('duration: 500ms', 'duration: 3s\n  reconnect: { first: 100ms, max: 1s }\n  deadAfter: 1s')
    .replace('expect:', 'timeline:\n  - { at: 1s, do: rebind }\nexpect:')
    .replace('arms: [tcp, tls]', 'arms: [tcp, quic]');

  test('a rebind is proven, QUIC goes on, TCP has to reconnect', { timeout: 60_000 }, async () => {
    const folder = withScenario(scenario);
    const outcome = await mqbench(folder, '--out out');
    const [tcp, quic] = resultIn(folder).cells;
    expect(outcome.stderr + outcome.stdout).not.toContain('internal error');
    for (const cell of [tcp, quic]) {
      expect(cell?.status).toBe('finished');
      const proof = cell?.events[0]?.proof as Record<string, unknown>;
      expect(proof.outerAfter).not.toEqual(proof.outerBefore);
      expect(proof.peersAfter).not.toEqual(proof.peersBefore);
      expect(cell?.link?.up?.packetsIn).toBeGreaterThan(100);
      expect(cell?.metrics.values['clients.lost']).toBe(0);
    }
    expect(tcp?.metrics.values['clients.reconnected']).toBe(10);
    expect(quic?.metrics.values['clients.survived']).toBe(10);
    expect(quic?.metrics.values['clients.reconnected']).toBe(0);
    expect(quic?.metrics.values['messages.missing']).toBe(0);
    // Physics: nothing crosses a 20 ms round trip faster than that, and an idle link adds little.
    const ack = quic?.windows.all ?? quic?.metrics;
    expect(ack?.distributions['publish.ack']?.min).toBeGreaterThanOrEqual(20_000);
    expect(quic?.metrics.distributions['connect.connack']?.min).toBeGreaterThanOrEqual(40_000);
  });

  test('kill -9 of the main process leaves no namespace and no process', { timeout: 60_000 }, async () => {
    const long = scenario.replace('duration: 3s', 'duration: 60s');
    const mark = newMark();
    const cli = startCli(['run', 'loop.yaml', '--out', 'out'], { cwd: withScenario(long), env: mark });
    await cli.sees('[1/2] tcp@20ms · traffic');
    const family = familyOf(cli.child.pid as number);
    expect(namespacesOf(mark).length).toBeGreaterThanOrEqual(2); // client and server side
    cli.child.kill('SIGKILL');
    await cli.ended;
    const left = () => ({
      processes: family.filter(({ pid }) => alive(pid)),
      namespaces: namespacesOf(mark),
    });
    await expect.poll(left, { timeout: 5000 }).toEqual({ processes: [], namespaces: [] });
  });
});
