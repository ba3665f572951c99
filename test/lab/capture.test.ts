import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLab } from '../../src/lab/lab.js';
import { whyNot } from './conditions.js';

const reason = await whyNot('tun');
if (reason !== undefined) process.stderr.write(`skipped: capture: ${reason}\n`);

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
