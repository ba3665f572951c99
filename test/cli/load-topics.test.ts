import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { runCli, startHere } from '../helpers/cli.js';

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

const write = (topics: unknown): void => writeFileSync(join(folder, 'topics.json'), JSON.stringify({ topics }));
const pub = (...args: string[]) =>
  runCli(['pub', '-h', '127.0.0.1', '--topics-payload', 'topics.json', '--quiet', ...args], { cwd: folder });

describe('mqbench pub --topics-payload', () => {
  it('gives each topic its QoS, interval, retain and payload, and keeps books by QoS', async () => {
    write([
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
    const { code, stdout } = await pub('-p', tcp, '-c', '2', '-i', '1', '--duration', '2s');
    expect(stdout).toMatch(/QoS 0: 40 offered, 40 sent, 0 again: no subscriber/);
    expect(stdout).toMatch(/QoS 1: 8 offered, 8 sent, 0 again, 8 acknowledged: no subscriber/);
    expect(code).toBe(0);
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
    write([
      { name: 'ts/%i/a', interval_ms: 100, QoS: 1, stream: 1, stream_priority: 10 },
      { name: 'ts/%i/b', interval_ms: 100, QoS: 1, stream: 2 },
      { name: 'ts/%i/c', interval_ms: 100, QoS: 1, stream: 0 },
    ]);
    const port = String(broker.ready.addresses.quic?.port);
    const args = [
      '--quic',
      '-p',
      port,
      '--cacertfile',
      'ca.pem',
      '-c',
      '1',
      '--duration',
      '1s',
      '-F',
      '5',
      '--json',
      'r.json',
    ];
    const { code, stdout } = await pub(...args);
    expect(stdout).toMatch(/QoS 1: 30 offered, 30 sent, 0 again, 30 acknowledged/);
    expect(code).toBe(0);
    const { default: result } = (await import(join(folder, 'r.json'), { with: { type: 'json' } })) as {
      default: { cells: { counters: Record<string, number> }[] };
    };
    expect(result.cells[0]?.counters['streams.opened']).toBe(2);
  });

  it('a limit, bursts and a ramp go over all topics together', async () => {
    write([
      { name: 'tl/a', interval_ms: 50, QoS: 1 },
      { name: 'tl/b', interval_ms: 20 },
    ]);
    for (const shape of [[], ['--burst', '7'], ['--ramp', '20,1s']]) {
      const { code, stdout } = await pub('-p', tcp, ...'-c 3 -i 1 -L 40 -F 5'.split(' '), ...shape);
      const sent = [...stdout.matchAll(/QoS [01]: (\d+) offered, (\d+) sent/g)].map(([, offered, sent]) => [
        offered,
        sent,
      ]);
      expect(sent.map(([offered]) => Number(offered)).reduce((a, b) => a + b, 0)).toBe(40);
      expect(sent.map(([, written]) => Number(written)).reduce((a, b) => a + b, 0)).toBe(40);
      expect(code).toBe(0);
    }
  });

  it.each([
    ['own', 'our broker', 2, 1] as const,
    ['pairs', 'our broker', 4, 1] as const,
    ['fan-out', 'our broker', 5, 3] as const,
    ['shared', 'our broker', 5, 1] as const,
    ...(hasMosquitto ? [['shared', 'mosquitto', 5, 1] as const] : []),
  ])(
    'pubsub, pattern %s on %s: every message arrives where it should, by QoS',
    async (pattern, where, clients, copies) => {
      write([
        { name: 'tq/%c/s%s/a', interval_ms: 100, QoS: 1, size: 30 },
        { name: 'tq/x%i/b', interval_ms: 50, QoS: 0, size: 40 },
        { name: 'tq/%i/c', interval_ms: 100, QoS: 2, size: 20 },
      ]);
      const port = where === 'mosquitto' ? String(mosquitto?.ports.tcp) : tcp;
      const { code, stdout } = await runCli(
        [
          ...['pubsub', '-h', '127.0.0.1', '-p', port, '--topics-payload', 'topics.json', '--pattern', pattern],
          ...'--pubs 2 --subs 3 -i 1 -F 20 -L 80 --quiet --workers 2'.split(' '),
        ],
        { cwd: folder },
      );
      expect(stdout).toContain(`${clients} of ${clients} connected`);
      const kept = (messages: number): string =>
        `${messages * copies} received, 0 duplicate, 0 out of order, 0 missing: promise kept`;
      expect(stdout).toContain(`QoS 0: 40 offered, 40 sent, 0 again, ${40 * copies} received, 0 duplicate`);
      expect(stdout).toContain(`QoS 1: 20 offered, 20 sent, 0 again, 20 acknowledged, ${kept(20)}`);
      expect(stdout).toContain(`QoS 2: 20 offered, 20 sent, 0 again, 20 acknowledged, ${kept(20)}`);
      expect(code).toBe(0);
    },
  );

  it('sub subscribes to the same topics, whoever publishes them', async () => {
    write([
      { name: 'tr/%c/a', interval_ms: 100, QoS: 1 },
      { name: 'tr/%i/b', interval_ms: 50 },
    ]);
    const args = ['sub', '-h', '127.0.0.1', '-p', tcp, '--topics-payload', 'topics.json', '-c', '2', '-i', '1'];
    const before = (await broker.stats()).publishesDelivered;
    const sub = startHere(args, { cwd: folder });
    await sub.sees('connected 2/2');
    await pub('-p', tcp, ...'-c 2 -i 1 -L 30 -F 9'.split(' '));
    // 10 messages to tr/+/a are for both subscribers, 20 to tr/%i/b for one of them each.
    await expect.poll(async () => (await broker.stats()).publishesDelivered - before, { timeout: 30_000 }).toBe(40);
    sub.interrupt();
    expect((await sub.ended).stdout).toContain('Received   40');
  });

  it('pubsub needs room for its stamp', async () => {
    write([{ name: 'a', payload: 'x' }, { name: 'b', size: 5 }, { name: 'c' }]);
    const { code, stderr } = await runCli(['pubsub', '--topics-payload', 'topics.json'], { cwd: folder });
    expect(stderr).toMatch(/and a, b of topics.json leave no room/);
    expect(code).toBe(2);
  });

  it.each([
    [[{ name: 'a/#', QoS: 3, intervall: 5 }], [], /no field is called "intervall".*no \+ and # in it.*"QoS" is not/s],
    [[{ name: 'a', stream: 1 }], [], /uses data streams, and tcp has one/],
    [[{ name: 'a', payload_encoding: 'eterm' }], [], /"eterm" is not to be had/],
    [
      [{ name: 'a' }],
      ['-q', '1', '--closed-loop'],
      /--qos is in the file.*interval_ms of --topics-payload sets it too/s,
    ],
    [[], [], /has no "topics"/],
  ] as [unknown[], string[], RegExp][])('%j %j: exit 2', async (topics, args, says) => {
    write(topics);
    const { code, stderr } = await pub('-p', tcp, ...args);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});
