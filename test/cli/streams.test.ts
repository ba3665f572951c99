import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';

let broker: BrokerHandle;
let folder: string;
let at: string[];

beforeAll(async () => {
  broker = await startBroker({ listeners: { quic: { port: 0 } }, quic: { datagrams: true } });
  folder = mkdtempSync(join(tmpdir(), 'mqbench-streams-'));
  writeFileSync(join(folder, 'ca.pem'), broker.ready.ca);
  at = ['--quic', '-h', '127.0.0.1', '-p', String(broker.ready.addresses.quic?.port), '--ca', 'ca.pem'];
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

const pubsub = async (...more: string[]): Promise<{ code: number; text: string; result: Result }> => {
  const common = '-R 100 --rate 200 --duration 1s --quiet --json r.json --workers 1'.split(' ');
  const { code, stdout, stderr } = await runCli(['pubsub', ...at, ...common, ...more], { cwd: folder });
  const result = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as Result;
  return { code: code ?? -1, text: stdout + stderr, result };
};

describe('mqbench pubsub --streams', () => {
  it('spreads the topics of each client over data streams and loses nothing', async () => {
    const { code, text, result } = await pubsub(
      ...'--pattern own --pubs 3 --topics 4 -q 1 -F 20 --streams per-topic --stream-priority 60000,100'.split(' '),
    );
    expect(text).toMatch(/200 acknowledged, 200 received, 0 duplicate, 0 out of order, 0 missing: promise kept/);
    expect(result.cells[0]?.counters).toMatchObject({ 'streams.opened': 3 * 4, 'streams.died': 0 });
    expect(code).toBe(0);
  });
});

describe('mqbench pubsub --datagrams', () => {
  it('sends and receives QoS 0 in datagrams', async () => {
    const { code, text, result } = await pubsub(...'--pubs 2 -q 0 --datagrams'.split(' '));
    expect(text).toMatch(/200 received/);
    expect(result.cells[0]?.counters).toMatchObject({ 'datagrams.sent': 200, 'datagrams.received': 200 });
    expect(code).toBe(0);
  });
});

describe('what streams and datagrams cannot be', () => {
  it.each([
    ['pub -t a --streams per-topic', /--streams per-topic needs QUIC, and tcp has one stream/],
    ['sub -t a --ws --streams 2', /--streams 2 needs QUIC, and ws has one stream/],
    ['pub -t a --datagrams', /--datagrams needs QUIC/],
    ['pub -t a --quic -q 1 --datagrams', /carry QoS 0 only/],
    [
      'pub -t a --quic --streams single',
      /"single" is no mapping.*\n.*control, per-topic, per-qos, pub-sub or a number/,
    ],
    ['pub -t a --quic --streams 0', /"0" is no mapping/],
    ['pub -t a --quic --stream-priority 1', /say with --streams which there are/],
    ['pub -t a --quic --streams 2 --stream-priority 1,70000', /"70000" is not a priority from 0 to 65535/],
    ['pub -t a --topics 3', /tells topics apart by %t, and "a" has none/],
  ])('%s is refused with the reason', async (line, says) => {
    const { code, stderr } = await runCli(line.split(' '), { cwd: folder });
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});
