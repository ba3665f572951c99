import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Result } from '../../src/result/types.js';
import { runCli, startCli } from '../helpers/cli.js';
import { alive, familyOf, livingNamespaces } from '../helpers/family.js';
import { labMissing } from '../helpers/lab-available.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
  duration: 1s
  drain: 500ms
expect:
  - messages.missing == 0
`;

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const resultIn = (out: string): Result => {
  const [run] = readdirSync(out);
  return JSON.parse(readFileSync(join(out, String(run), 'result.json'), 'utf8')) as Result;
};

describe('mqbench run', () => {
  test('a scenario on loopback runs, prints its table and leaves a result', async () => {
    const out = join(folder, 'out');
    const outcome = await runCli(['run', write('loop.yaml', loopback), '--out', out]);
    expect(outcome.stderr).toContain('[2/2] tls@loopback');
    expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
    expect(outcome.stdout).toContain('CONNACK');
    expect(outcome.stdout).toContain('result.json');
    const result = resultIn(out);
    expect(result.status).toBe('finished');
    expect(result.cells.map((cell) => [cell.id, cell.status])).toEqual([
      ['tcp@loopback', 'finished'],
      ['tls@loopback', 'finished'],
    ]);
    for (const cell of result.cells) {
      expect(cell.metrics.values['messages.offered']).toBe(100);
      expect(cell.metrics.values['messages.received']).toBe(100);
      expect(cell.metrics.distributions['publish.ack']?.count).toBe(100);
    }
  });

  test('subscribers of their own get every message of every publisher, and the ledger counts all copies', async () => {
    const out = join(folder, 'out');
    const fanIn = loopback
      .replace('arms: [tcp, tls]', 'arms: [tcp]')
      .replace('subscribe: { topic: "t/%c", qos: 1 }', 'subscribers: { clients: 2, topic: "t/#", qos: 1 }');
    const outcome = await runCli(['run', write('fan-in.yaml', fanIn), '--out', out]);
    expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
    const [cell] = resultIn(out).cells;
    expect(cell?.metrics.values).toMatchObject({
      'clients.connected': 12,
      'messages.offered': 100,
      'messages.received': 200,
      'messages.missing': 0,
    });
    expect(cell?.ledger.map(({ verdict }) => verdict)).toEqual(['kept']);
  });

  test('every mistake of a scenario file is listed with line and path before anything starts, exit 2', async () => {
    const text = loopback.replace('clients: 10', 'clients: -3').replace('duration: 1s', 'duration: 1 parsec');
    const outcome = await runCli(['run', write('bad.yaml', `${text}\nnonsense: 1\n`), '--out', join(folder, 'out')]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/bad\.yaml:6:\d+ load\.clients/);
    expect(outcome.stderr).toMatch(/bad\.yaml:10:\d+ load\.duration/);
    expect(outcome.stderr).toMatch(/bad\.yaml:\d+:\d+ nonsense/);
    expect(readdirSync(folder)).toEqual(['bad.yaml']);
  });

  test('an unwritable output folder fails in the first second, naming the folder and the remedy', async () => {
    const file = write('a-file', '');
    const outcome = await runCli(['run', write('loop.yaml', loopback), '--out', join(file, 'out')]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(join(file, 'out'));
    expect(outcome.stderr).toContain('--out');
    expect(outcome.stderr).not.toContain('[1/2]');
  });

  test('--dry-run says what would happen and leaves nothing', async () => {
    const outcome = await runCli(['run', write('loop.yaml', loopback), '--dry-run'], { cwd: folder });
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('10 clients');
    expect(readdirSync(folder)).toEqual(['loop.yaml']);
  });

  test.each([[['--only', 'tcp,tls']], [['--only', 'tcp', '--only', 'tls']]])('%j means either', async (only) => {
    const outcome = await runCli(['run', write('loop.yaml', loopback), ...only, '--dry-run'], { cwd: folder });
    expect(outcome.stdout).toContain('tcp@loopback, tls@loopback');
  });

  test('a missed expectation is named with its value, exit 10', async () => {
    const file = write('loop.yaml', loopback.replace('messages.missing == 0', 'publish.ack.p50 > 10s'));
    const outcome = await runCli(['run', file, '--only', 'tcp', '--out', join(folder, 'out')]);
    expect(outcome.code).toBe(10);
    expect(outcome.stdout).toMatch(/MISSED: publish\.ack\.p50 > 10s/);
  });

  test('an unknown command suggests the nearest one, exit 2', async () => {
    const outcome = await runCli(['rum']);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('run');
  });

  test('Ctrl-C keeps what is finished, says so, and exits 5', async () => {
    const out = join(folder, 'out');
    const cli = startCli(['run', write('loop.yaml', loopback.replace('duration: 1s', 'duration: 3s')), '--out', out]);
    await cli.sees('[2/2] tls@loopback · traffic');
    cli.child.kill('SIGINT');
    const outcome = await cli.ended;
    expect(outcome.code, outcome.stderr).toBe(5);
    const result = resultIn(out);
    expect(result.status).toBe('interrupted');
    expect(result.cells.map((cell) => cell.status)).toEqual(['finished', 'interrupted']);
    expect(outcome.stdout).toContain('Interrupted');
  });

  test('kill -9 of the main process leaves no broker and no worker behind', async () => {
    const out = join(folder, 'out');
    const cli = startCli(['run', write('loop.yaml', loopback.replace('duration: 1s', 'duration: 30s')), '--out', out]);
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
    .replace('duration: 1s', 'duration: 3s\n  reconnect: { first: 100ms, max: 1s }\n  deadAfter: 1s')
    .replace('expect:', 'timeline:\n  - { at: 1s, do: rebind }\nexpect:')
    .replace('arms: [tcp, tls]', 'arms: [tcp, quic]');

  test('a rebind is proven, QUIC goes on, TCP has to reconnect', { timeout: 60_000 }, async () => {
    const out = join(folder, 'out');
    const outcome = await runCli(['run', write('rebind.yaml', scenario), '--out', out]);
    const [tcp, quic] = resultIn(out).cells;
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
    const cli = startCli(['run', write('kill.yaml', long), '--out', join(folder, 'out')]);
    await cli.sees('[1/2] tcp@20ms · traffic');
    const family = familyOf(cli.child.pid as number);
    const own = readlinkSync('/proc/self/ns/net');
    const made = [...new Set(family.map(({ namespace }) => namespace))].filter((namespace) => namespace !== own);
    expect(made.length).toBeGreaterThanOrEqual(2); // client and server side
    cli.child.kill('SIGKILL');
    await cli.ended;
    const left = () => ({
      processes: family.filter(({ pid }) => alive(pid)),
      namespaces: made.filter((namespace) => livingNamespaces().has(namespace)),
    });
    await expect.poll(left, { timeout: 5000 }).toEqual({ processes: [], namespaces: [] });
  });
});
