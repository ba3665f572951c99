import { parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { encodePublishProperties } from '../../../../src/mqtt/codec/control-packets.js';
import { encodeVariable, PublishTemplate } from '../../../../src/mqtt/codec/publish-template.js';
import { Outbox } from '../../../../src/mqtt/session/outbox.js';
import { readStamp, stampBytes } from '../../../../src/mqtt/stamp/stamp.js';
import { fc } from '../../../helpers/properties.js';

function parse(bytes: Buffer, version: number): Record<string, unknown>[] {
  const packets: Record<string, unknown>[] = [];
  const reader = parser({ protocolVersion: version } as never);
  reader.on('packet', (packet) => packets.push(packet as never));
  reader.on('error', (error) => {
    throw error;
  });
  reader.parse(bytes);
  return packets;
}

describe('PublishTemplate', () => {
  it('writes what an independent parser reads, for all versions, QoS levels and sizes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<3 | 4 | 5>(3, 4, 5),
        fc.constantFrom<0 | 1 | 2>(0, 1, 2),
        fc.boolean(),
        fc.string({ minLength: 1, maxLength: 60 }).filter((topic) => !/[+#\0]/.test(topic)),
        fc.integer({ min: stampBytes, max: 20_000 }),
        fc.integer({ min: 1, max: 65_535 }),
        fc.boolean(),
        (version, qos, retain, topic, size, id, dup) => {
          const stamp = { run: 5, publisher: 77, slot: 3 };
          const template = new PublishTemplate({
            topic,
            qos,
            retain,
            version,
            payload: Buffer.alloc(size, 'p'),
            stamp,
          });
          const out = new Outbox();
          template.append(out, id, 99, 123_456, dup && qos > 0);
          const bytes = out.take();
          expect(bytes.length).toBe(template.bytes);
          const [packet] = parse(bytes, version) as [Record<string, unknown>];
          expect(packet).toMatchObject({ cmd: 'publish', topic, qos, retain, dup: dup && qos > 0 });
          if (qos > 0) expect(packet.messageId).toBe(id);
          const payload = packet.payload as Buffer;
          expect(payload.length).toBe(size);
          const read = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };
          expect(readStamp(payload, 0, payload.length, 5, read)).toBe(true);
          expect(read).toEqual({ run: 5, publisher: 77, slot: 3, sequence: 99, dueMicros: 123_456 });
        },
      ),
    );
  });

  it('gives each message the size that is its own, with a stamp where there is room', () => {
    const sizes = [0, 1, 19, 20, 90, 99, 100, 101, 127, 128, 129, 16_000, 16_383, 16_384, 16_385, 20_000];
    for (const version of [4, 5] as const) {
      for (const qos of [0, 1, 2] as const) {
        for (const stampIn of version === 5 ? (['payload', 'property'] as const) : (['payload'] as const)) {
          const payload = Buffer.alloc(20_000, 'mqbench ');
          const stamp = { run: 5, publisher: 77, slot: 3 };
          const size = (sequence: number) => sizes[sequence] as number;
          const template = new PublishTemplate({ topic: 'a/topic', qos, version, payload, stamp, stampIn, size });
          const out = new Outbox();
          for (const sequence of sizes.keys()) template.append(out, sequence + 1, sequence, 123_456, qos > 0);
          const packets = parse(out.take(), version);
          expect(packets.map((packet) => (packet.payload as Buffer).length)).toEqual(sizes);
          for (const [sequence, packet] of packets.entries()) {
            expect(packet).toMatchObject({ topic: 'a/topic', qos, dup: qos > 0 });
            if (qos > 0) expect(packet.messageId).toBe(sequence + 1);
            if (stampIn === 'property') {
              expect(packet.payload).toEqual(payload.subarray(0, sizes[sequence]));
              continue;
            }
            const read = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };
            const bytes = packet.payload as Buffer;
            expect(readStamp(bytes, 0, bytes.length, 5, read)).toBe(bytes.length >= stampBytes);
            if (bytes.length >= stampBytes) expect(read).toMatchObject({ sequence, dueMicros: 123_456 });
          }
        }
      }
    }
  });

  it('carries properties of MQTT 5', () => {
    const properties = encodePublishProperties({ messageExpiryInterval: 60, contentType: 'text/plain' });
    const template = new PublishTemplate({ topic: 'a', qos: 1, version: 5, properties, payload: Buffer.from('hello') });
    const out = new Outbox();
    template.append(out, 1, 0, 0, false);
    const [packet] = parse(out.take(), 5) as [Record<string, unknown>];
    expect(packet.properties).toMatchObject({ messageExpiryInterval: 60, contentType: 'text/plain' });
    expect(String(packet.payload)).toBe('hello');
  });

  it('keeps packets apart that are written into one batch, also when the batch outgrows its slab', () => {
    const template = new PublishTemplate({ topic: 't', qos: 1, version: 4, payload: Buffer.alloc(100_000, 'x') });
    const out = new Outbox();
    for (let id = 1; id <= 7; id++) template.append(out, id, id, id, false);
    const packets = parse(out.take(), 4);
    expect(packets.map((packet) => packet.messageId)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(out.length).toBe(0);
  });

  it('refuses a measured payload without room for the stamp', () => {
    const build = () =>
      new PublishTemplate({
        topic: 't',
        qos: 0,
        version: 4,
        payload: Buffer.alloc(stampBytes - 1),
        stamp: { run: 0, publisher: 0, slot: 0 },
      });
    expect(build).toThrow(/needs 20 bytes, not 19/);
  });
});

describe('encodeVariable', () => {
  it.each([
    [0, [0x00]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [16_383, [0xff, 0x7f]],
    [16_384, [0x80, 0x80, 0x01]],
    [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
  ])('writes %i as in table 1-1 of MQTT 5.0', (value, bytes) => {
    expect(encodeVariable(value)).toEqual(bytes);
  });

  it('refuses what four bytes cannot say', () => {
    expect(() => encodeVariable(268_435_456)).toThrow(/268,435,455/);
  });
});
