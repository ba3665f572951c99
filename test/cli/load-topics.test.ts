import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { runCli, startHere } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

let broker: BrokerHandle;
let mosquitto: Mosquitto | undefined;
let folder: string;
let tcp: string;

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 }, quic: { port: 0 } } });
  if (hasMosquitto) mosquitto = await Mosquitto.start();
  else process.stderr.write('skipped: shared subscriptions of mosquitto by --topics-payload: it is not installed\n');
  folder = mkdtempSync(join(tmpdir(), 'mqbench-topics-'));
  tcp = String(broker.ready.addresses.tcp?.port);
  writeFileSync(join(folder, 'ca.pem'), broker.ready.ca);
});
afterAll(async () => {
  await broker.close();
  await mosquitto?.end();
  rmSync(folder, { recursive: true });
});

/** A folder with topics.json in it. */
function write(topics: unknown): string {
  const cwd = mkdtempSync(join(folder, 'case-'));
  writeFileSync(join(cwd, 'topics.json'), JSON.stringify({ topics }));
  return cwd;
}
const pub = (cwd: string, flags: string) =>
  runCli(['pub', '-h', '127.0.0.1', ...`--topics-payload topics.json --quiet ${flags}`.trim().split(' ')], { cwd });

describe('mqbench pub --topics-payload', () => {
  it('gives each topic its QoS, interval, retain and payload, and keeps books by QoS', async () => {
    const cwd = write([
      {
        name: 'tp/%i/slow',
        interval_ms: '500',
        QoS: 1,
        retain: true,
        inject_timestamp: true,
        payload: { vin: 'V-%i', timestamp: '0' },
      },
      { name: 'tp/%i/fast', interval_ms: 100, QoS: 0, size: 40 },
    ]);
    const seen: { topic: string; text: string; qos: number; bytes: number }[] = [];
    const listener = await mqtt.connectAsync(`mqtt://127.0.0.1:${tcp}`);
    listener.on('message', (topic, payload, { qos }) =>
      seen.push({ topic, text: payload.toString(), qos, bytes: payload.length }),
    );
    await listener.subscribeAsync('tp/#', { qos: 1 });
    expect(whole(await pub(cwd, `-p ${tcp} -c 2 -i 1 --duration 2s`))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    2 of 2 connected, asked 1,000/s, achieved RATE
      Messages   asked 24/s, achieved RATE written (QoS 0) or acknowledged
      Latency
      Transport ready: 2
      CONNACK: 2
      CONNACK from dial: 2
      PUBLISH to PUBACK: 8
      Written to PUBACK: 8
      Ledger     QoS 0: 40 offered, 40 sent, 0 again: no subscriber in this run
      Ledger     QoS 1: 8 offered, 8 sent, 0 again, 8 acknowledged: no subscriber in this run
      Generator  PROCESSES
      Note       no end-to-end latency: payloads of the user go out as they are, without a stamp, so arrivals can be counted only; with -V 5 --stamp property on both sides any payload is measured"
    `);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(48);
    const slow = seen.filter(({ topic }) => topic === 'tp/1/slow');
    expect(slow.map(({ qos }) => qos)).toEqual([1, 1, 1, 1]);
    const read = JSON.parse(slow[0]?.text ?? '') as { vin: string; timestamp: number };
    expect(read.vin).toBe('V-1');
    expect(Math.abs(read.timestamp - Date.now())).toBeLessThan(120_000);
    const fast = seen.filter(({ topic }) => topic === 'tp/0/fast');
    expect(fast.map(({ qos, bytes }) => `${qos} ${bytes}`)).toEqual(new Array(20).fill('0 40'));
    await listener.endAsync();
    const late: string[] = [];
    const again = await mqtt.connectAsync(`mqtt://127.0.0.1:${tcp}`);
    again.on('message', (topic) => late.push(topic));
    await again.subscribeAsync('tp/#');
    await expect.poll(() => late.sort().join(' ')).toBe('tp/0/slow tp/1/slow');
    await again.endAsync();
  });

  it('sends each topic on its QUIC stream', async () => {
    const cwd = write([
      { name: 'ts/%i/a', interval_ms: 100, QoS: 1, stream: 1, stream_priority: 10 },
      { name: 'ts/%i/b', interval_ms: 100, QoS: 1, stream: 2 },
      { name: 'ts/%i/c', interval_ms: 100, QoS: 1, stream: 0 },
    ]);
    const at = `--quic -p ${broker.ready.addresses.quic?.port} --cacertfile ../ca.pem`;
    expect(whole(await pub(cwd, `${at} -c 1 --duration 500ms -F 5 --json r.json`))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    1 of 1 connected
      Messages   asked 30/s, achieved RATE acknowledged
      Latency
      Transport ready: 1
      CONNACK: 1
      CONNACK from dial: 1
      PUBLISH to PUBACK: 15
      Written to PUBACK: 15
      Ledger     QoS 1: 15 offered, 15 sent, 0 again, 15 acknowledged: no subscriber in this run
      Generator  PROCESSES"
    `);
    const result = JSON.parse(readFileSync(join(cwd, 'r.json'), 'utf8')) as Result;
    expect(result.cells[0]?.counters['streams.opened']).toBe(2);
  });

  it.concurrent.for(['', '--burst 7', '--ramp 20,1s', '--stages 200ms:200,1s:200'])(
    'a limit goes over all topics together %s',
    async (shape, { expect }) => {
      const cwd = write([
        { name: 'tl/a', interval_ms: 50, QoS: 1 },
        { name: 'tl/b', interval_ms: 20 },
      ]);
      expect(whole(await pub(cwd, `-p ${tcp} -c 3 -i 1 -L 40 -F 5 ${shape}`))).toMatchSnapshot();
    },
  );

  it.concurrent.for([
    ['own', 'our broker'],
    ['pairs', 'our broker'],
    ['fan-out', 'our broker'],
    ['shared', 'our broker'],
    ...(hasMosquitto ? [['shared', 'mosquitto']] : []),
  ] as [string, string][])(
    'pubsub, pattern %s on %s: every message arrives where it should, by QoS',
    async ([pattern, where], { expect }) => {
      const own = `tq/${pattern}`; // one broker serves them all
      const cwd = write([
        { name: `${own}/%c/s%s/a`, interval_ms: 100, QoS: 1, size: 30 },
        { name: `${own}/x%i/b`, interval_ms: 50, QoS: 0, size: 40 },
        { name: `${own}/%i/c`, interval_ms: 100, QoS: 2, size: 20 },
      ]);
      const port = where === 'mosquitto' ? String(mosquitto?.ports.tcp) : tcp;
      const args = [
        ...['pubsub', '-h', '127.0.0.1', '-p', port, '--topics-payload', 'topics.json', '--pattern', pattern],
        ...'--pubs 2 --subs 3 -i 1 -F 20 -L 80 --quiet --workers 2'.split(' '),
      ];
      expect(whole(await runCli(args, { cwd }))).toMatchSnapshot();
    },
  );

  it('sub subscribes to the same topics, whoever publishes them', async () => {
    const cwd = write([
      { name: 'tr/%c/a', interval_ms: 100, QoS: 1 },
      { name: 'tr/%i/b', interval_ms: 50 },
    ]);
    const args = `sub -h 127.0.0.1 -p ${tcp} --topics-payload topics.json -c 2 -i 1 --workers 1`;
    const before = (await broker.stats()).publishesDelivered;
    const sub = startHere(args.split(' '), { cwd });
    await sub.sees('2 of 2 connected');
    await pub(cwd, `-p ${tcp} -c 2 -i 1 -L 30 -F 9`);
    // 10 messages to tr/+/a are for both subscribers, 20 to tr/%i/b for one of them each.
    await expect.poll(async () => (await broker.stats()).publishesDelivered - before, { timeout: 30_000 }).toBe(40);
    sub.interrupt();
    expect(whole(await sub.ended)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    2 of 2 connected, asked 1,000/s, achieved RATE
      Received   40, RATE from the first to the last
      Latency
      Transport ready: 2
      CONNACK: 2
      SUBACK: 2
      CONNACK from dial: 2
      Delivered: 40
      Ledger     40 received, 0 duplicate, 0 out of order, 0 missing between the first and the last of each publisher
      Generator  PROCESSES
      standard error:
      2 clients connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 1,000/s as mqbench-sub-RUN-0 to 1, subscribe to tr/+/a (QoS 1), tr/%i/b (QoS 0), until Ctrl-C, from PROCESSES."
    `);
  });

  it('pubsub needs room for its stamp', async () => {
    const cwd = write([{ name: 'a', payload: 'x' }, { name: 'b', size: 5 }, { name: 'c' }]);
    expect(whole(await runCli(['pubsub', '--topics-payload', 'topics.json'], { cwd }))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: pubsub measures by 20 bytes that it writes into the payload, and a, b of topics.json leave no room
        → add -V 5 --stamp property, which measures any payload; or give "size" of 20 or more"
    `);
  });

  it.each([
    [[{ name: 'a/#', QoS: 3, intervall: 5 }], ''],
    [[{ name: 'a', stream: 1 }], ''],
    [[{ name: 'a', payload_encoding: 'eterm' }], ''],
    [[{ name: 'a' }], '-q 1 --closed-loop'],
    [[], ''],
  ] as [unknown[], string][])('%j %s: exit 2', async (topics, flags) => {
    expect(whole(await pub(write(topics), `-p ${tcp} ${flags}`))).toMatchSnapshot();
  });
});
