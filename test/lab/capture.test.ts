import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BrokerOptions } from '../../src/broker/contract.js';
import { startBroker } from '../../src/broker/process.js';
import { openLab } from '../../src/lab/lab.js';
import { Coordinator } from '../../src/load/coordinator.js';
import { atRate, filler } from '../helpers/plans.js';
import { whyNot } from './conditions.js';

const reason = await whyNot('tun');
if (reason !== undefined) process.stderr.write(`skipped: capture: ${reason}\n`);

const noTshark = reason ?? (spawnSync('tshark', ['--version']).error ? 'tshark is not installed' : undefined);
if (reason === undefined && noTshark !== undefined) {
  process.stderr.write(`skipped: captures read by tshark: ${noTshark}\n`);
}

/** What Wireshark makes of a capture: a row per packet that passes the filter, with these fields. */
function tshark(file: string, filter: string, fields: readonly string[], more: readonly string[] = []): string[][] {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const { status, stdout, stderr } = spawnSync(
    'tshark',
    ['-n', '-r', file, ...more, '-Y', filter, '-T', 'fields', ...wanted],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  expect(status, stderr).toBe(0);
  expect(stderr).not.toMatch(/cut short|damaged|corrupt/);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
}

interface Packet {
  readonly micros: number;
  readonly data: Buffer;
  readonly options: Map<number, Buffer>;
}

/** Reads pcapng by the draft's layout: every block has its type, its length, and its length again at its end. */
function readCapture(file: string): { interfaces: string[]; packets: Packet[] } {
  const bytes = readFileSync(file);
  const interfaces: string[] = [];
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 4);
    expect(length % 4).toBe(0);
    expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
    const body = bytes.subarray(at + 8, at + length - 4);
    if (at === 0) expect([type, body.readUInt32LE(0)]).toEqual([0x0a0d0d0a, 0x1a2b3c4d]);
    if (type === 1) interfaces.push(readOptions(body.subarray(8)).get(2)!.toString());
    if (type === 6) {
      const captured = body.readUInt32LE(12);
      packets.push({
        micros: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
        data: body.subarray(20, 20 + captured),
        options: readOptions(body.subarray(20 + ((captured + 3) & ~3))),
      });
    }
    at += length;
  }
  return { interfaces, packets };
}

function readOptions(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const [code, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (code === 0) break;
    options.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}

test.skipIf(reason !== undefined)('a capture holds every packet at both ends, and why some were dropped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-capture-'));
  try {
    const began = Date.now() * 1000;
    const lab = await openLab({
      backend: 'tun',
      profile: { up: { delayMicros: 10_000, loss: 0.3 }, down: { delayMicros: 10_000 } },
      seed: 5,
      captureTo: folder,
    });
    await lab.calibrate({ packets: 200, intervalMicros: 1000 });
    const { up, down } = await lab.counters();
    await lab.close();
    const client = readCapture(join(folder, 'client.pcapng'));
    const nat = readCapture(join(folder, 'nat.pcapng'));
    const dropped = readCapture(join(folder, 'dropped.pcapng'));
    expect(client.interfaces).toEqual(['client']);
    expect(client.packets).toHaveLength(up.packetsIn + down.packetsOut);
    expect(nat.packets).toHaveLength(up.packetsOut + down.packetsIn);
    expect(dropped.packets).toHaveLength(up.packetsLost);
    expect(up.packetsLost).toBeGreaterThan(20);
    for (const { options } of dropped.packets) expect(options.get(1)?.toString()).toBe('dropped on the way up: lost');
    // An IPv4 UDP datagram of the echo: 64 bytes and its headers, stamped with the time of day.
    expect(client.packets[0]!.data).toHaveLength(92);
    expect(client.packets[0]!.data[0]).toBe(0x45);
    expect(client.packets[0]!.micros).toBeGreaterThan(began);
    expect(client.packets[0]!.micros).toBeLessThan(Date.now() * 1000);
    // Every one that arrived at the NAT left the client 10 ms before: the same bytes, but for those lost.
    const arrival = nat.packets[0]!;
    const departure = client.packets.find(({ data }) => data.equals(arrival.data))!;
    expect(arrival.micros - departure.micros).toBeGreaterThanOrEqual(10_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.skipIf(reason !== undefined)('a capture with netem is refused before anything starts', async () => {
  const spec = { backend: 'netem' as const, profile: { up: {}, down: {} }, seed: 1, captureTo: 'x' };
  await expect(openLab(spec)).rejects.toMatchObject({ code: 'MQB_LAB_BACKEND', exitCode: 2 });
});

test.skipIf(noTshark !== undefined)(
  'tshark opens all files of a capture and shows why packets were dropped',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-capture-'));
    try {
      const profile = { up: { delayMicros: 1000, loss: 0.3 }, down: {} };
      const lab = await openLab({ backend: 'tun', profile, seed: 5, captureTo: folder });
      await lab.calibrate({ packets: 200, intervalMicros: 1000 });
      const { up, down } = await lab.counters();
      await lab.close();
      const inAll = (name: string) => tshark(join(folder, `${name}.pcapng`), 'frame', ['frame.comment', 'ip.proto']);
      expect(inAll('client')).toHaveLength(up.packetsIn + down.packetsOut);
      expect(inAll('nat')).toHaveLength(up.packetsOut + down.packetsIn);
      const dropped = inAll('dropped');
      expect(dropped.length).toBeGreaterThan(20);
      expect(dropped).toHaveLength(up.packetsLost);
      expect(new Set(dropped.map(String))).toEqual(new Set(['dropped on the way up: lost,17']));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

/**
 * A client of the load generator publishes 20 messages to itself over this transport; the broker logs its keys. One client:
 * of several QUIC connections on one socket, as the generator has them, tshark 4.0 decrypts one only.
 */
async function captureOf(transport: 'tls' | 'quic', folder: string): Promise<{ port: number; keys: string }> {
  const keys = join(folder, 'keys.log');
  const lab = await openLab({
    backend: 'tun',
    profile: { up: { delayMicros: 5000 }, down: { delayMicros: 5000 } },
    seed: 5,
    captureTo: folder,
  });
  try {
    const host = lab.serverAddress;
    const options: BrokerOptions = { host, names: [host], listeners: { [transport]: { port: 0 } }, keyLogFile: keys };
    const broker = await startBroker(options, (command, args, more) => lab.spawn('server', command, args, more));
    try {
      const port = broker.ready.addresses[transport]!.port;
      const plan = {
        target: { transport, hosts: [{ host, port }], tls: { ca: broker.ready.ca } },
        clients: 1,
        localAddresses: [],
        clientIdPrefix: 'captured-',
        mqttVersion: 4 as const,
        keepaliveSeconds: 60,
        clean: true,
        connectRate: 100,
        dialTimeoutMicros: 10e6,
        subscribe: { topic: 'secret/%c', qos: 1 as const },
        publish: {
          topic: 'secret/%c',
          qos: 1 as const,
          payload: filler(64),
          pace: atRate(100),
          limit: 20,
          inflight: 20,
        },
        deadAfterMicros: 30e6,
        seed: 1,
        warmupClients: 0,
      };
      const load = await Coordinator.start(plan, {
        workers: 1,
        spawn: (command, args, more) => lab.spawn('client', command, args, more),
      });
      try {
        expect(await load.connectAll()).toEqual({ connected: 1, failed: 0 });
        const start = await load.startPublishing();
        await load.stopPublishing(start + 400_000);
        expect(await load.drain(10e6)).toBe(true);
      } finally {
        await load.close();
      }
      return { port, keys };
    } finally {
      await broker.close();
    }
  } finally {
    await lab.close();
  }
}

/** The topics of the PUBLISHes that reached the broker, and what it takes to see them. */
const inside = {
  tls: (port: number) => ({
    as: ['-d', `tcp.port==${port},tls`, '-d', `tls.port==${port},mqtt`],
    filter: `tcp.dstport == ${port} && mqtt.msgtype == 3`,
    field: 'mqtt.topic',
    topic: 'secret/captured-0',
  }),
  // tshark knows no MQTT in QUIC streams: it shows their bytes.
  quic: (port: number) => ({
    as: ['-d', `udp.port==${port},quic`],
    filter: `udp.dstport == ${port} && quic.stream_data[0] == 32`,
    field: 'quic.stream_data',
    topic: Buffer.from('secret/captured-0').toString('hex'),
  }),
};

for (const transport of ['tls', 'quic'] as const) {
  test.skipIf(noTshark !== undefined)(
    `with the key log, and only with it, tshark reads MQTT in ${transport}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mqbench-capture-'));
      try {
        const { port, keys } = await captureOf(transport, folder);
        const { as, filter, field, topic } = inside[transport](port);
        const topics = (name: string, more: readonly string[]) =>
          tshark(join(folder, `${name}.pcapng`), filter, [field], [...as, ...more])
            // One frame may carry several messages.
            .flatMap((row) => row[0]!.split(topic).slice(1));
        for (const name of ['client', 'nat']) {
          expect(topics(name, [])).toEqual([]);
          // Twenty, and those that were on the wire again because an acknowledgement was late.
          expect(topics(name, ['-o', `tls.keylog_file:${keys}`]).length).toBeGreaterThanOrEqual(20);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
}
