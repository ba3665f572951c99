import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { runCli } from '../helpers/cli.js';

let broker: BrokerHandle;
let folder: string;
let tcp: string;

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 }, quic: { port: 0 } } });
  folder = mkdtempSync(join(tmpdir(), 'mqbench-topics-'));
  tcp = String(broker.ready.addresses.tcp?.port);
  writeFileSync(join(folder, 'ca.pem'), broker.ready.ca);
});
afterAll(async () => {
  await broker.close();
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

  it.each([
    [[{ name: 'a/#', QoS: 3, intervall: 5 }], [], /no field is called "intervall".*without \+ and #.*"QoS" is not/s],
    [[{ name: 'a', stream: 1 }], [], /uses data streams, and tcp has one/],
    [[{ name: 'a', payload_encoding: 'eterm' }], [], /"eterm" is not to be had/],
    [[{ name: 'a' }], ['-q', '1', '-L', '5'], /--qos is in the file.*--limit does not go/s],
    [[], [], /has no "topics"/],
  ] as [unknown[], string[], RegExp][])('%j %j: exit 2', async (topics, args, says) => {
    write(topics);
    const { code, stderr } = await pub('-p', tcp, ...args);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});
