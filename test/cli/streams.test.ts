import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

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

const pubsub = async (flags: string): Promise<{ said: string; counters: Record<string, number> | undefined }> => {
  const common = '-R 100 --rate 200 --duration 500ms --quiet --json r.json --workers 1';
  const said = whole(await runCli(['pubsub', ...at, ...`${common} ${flags}`.split(' ')], { cwd: folder }));
  const result = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as Result;
  return { said, counters: result.cells[0]?.counters };
};

describe('mqbench pubsub --streams', () => {
  it('spreads the topics of each client over data streams and loses nothing', async () => {
    const { said, counters } = await pubsub(
      '--pattern own --pubs 3 --topics 4 -q 1 -F 20 --streams per-topic --stream-priority 60000,100',
    );
    expect(said).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    3 of 3 connected, asked 100/s, achieved RATE
      Messages   asked 200/s, achieved RATE acknowledged
      Received   100, RATE
      Latency
      Transport ready: 3
      CONNACK: 3
      SUBACK: 3
      CONNACK from dial: 3
      PUBLISH to PUBACK: 100
      Written to PUBACK: 100
      Delivered: 100
      Longest silence: 3
      Ledger     QoS 1: 100 offered, 100 sent, 0 again, 100 acknowledged, 100 received, 0 duplicate, 0 out of order, 0 missing: promise kept
      Generator  PROCESSES"
    `);
    expect(counters).toMatchObject({ 'streams.opened': 3 * 4, 'streams.died': 0 });
  });
});

describe('mqbench pubsub --datagrams', () => {
  it('sends and receives QoS 0 in datagrams', async () => {
    const { said, counters } = await pubsub('--pubs 2 -q 0 --datagrams');
    expect(said).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    4 of 4 connected, asked 100/s, achieved RATE
      Messages   asked 200/s, achieved RATE written
      Received   100, RATE
      Latency
      Transport ready: 4
      CONNACK: 4
      Subscriber SUBACK: 2
      CONNACK from dial: 4
      Delivered: 100
      Longest silence: 2
      Ledger     QoS 0: 100 offered, 100 sent, 0 again, 100 received, 0 duplicate, 0 out of order, 0 missing: nothing promised
      Generator  PROCESSES"
    `);
    expect(counters).toMatchObject({ 'datagrams.sent': 100, 'datagrams.received': 100 });
  });
});

describe('mqbench pubsub --quic-set', () => {
  it('sets what the connections of its clients run with, says so and keeps it in the result', async () => {
    const large = '--pubs 2 -q 0 --datagrams -s 1250';
    expect((await pubsub(large)).counters).toMatchObject({ 'datagrams.sent': 100 });
    const common = '-R 100 --rate 200 --duration 500ms --json r.json --workers 1 --quic-set maxUdpPayload=1200';
    const { stderr } = await runCli(['pubsub', ...at, ...`${common} ${large}`.split(' ')], { cwd: folder });
    expect(stderr).toContain("have QUIC's maxUdpPayload 1200");
    const { scenario, cells } = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as Result;
    expect(scenario.resolved).toMatchObject({ target: { quic: { maxUdpPayload: 1200 } } });
    expect(cells[0]?.errors.map(({ code }) => code)).toContain('MQB_QUIC_DATAGRAM');
  });
});

describe('what streams, datagrams and settings cannot be', () => {
  it.each([
    'pub -t a --streams per-topic',
    'sub -t a --ws --streams 2',
    'pub -t a --datagrams',
    'pub -t a --quic -q 1 --datagrams',
    'pub -t a --quic --streams single',
    'pub -t a --quic --streams 0',
    'pub -t a --quic --stream-priority 1',
    'pub -t a --quic --streams 2 --stream-priority 1,70000',
    'pub -t a --topics 3',
    'conn --quic-set tailProbeMs=150',
    'conn --quic --quic-set tailProbMs=1 --quic-set retry=always --quic-set congestionControl=bbr --quic-set maxUdpPayload=5 --quic-set holdAcksMs=30 --quic-set io',
  ])('%s is refused with the reason', async (line) => {
    expect(whole(await runCli(line.split(' '), { cwd: folder }))).toMatchSnapshot();
  });
});
