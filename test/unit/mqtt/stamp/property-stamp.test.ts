import { type IPublishPacket, parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { encodePublishProperties } from '../../../../src/mqtt/codec/control-packets.js';
import { bodyStart } from '../../../../src/mqtt/codec/frame-reader.js';
import { PublishTemplate } from '../../../../src/mqtt/codec/publish-template.js';
import { TopicAlias } from '../../../../src/mqtt/codec/topic-alias.js';
import { Outbox } from '../../../../src/mqtt/session/outbox.js';
import { readStampProperty } from '../../../../src/mqtt/stamp/property-stamp.js';
import { fc } from '../../../helpers/properties.js';

const nothing = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };

function parse(bytes: Buffer): IPublishPacket[] {
  const packets: IPublishPacket[] = [];
  const reader = parser({ protocolVersion: 5 });
  reader.on('packet', (packet) => packets.push(packet as IPublishPacket));
  reader.on('error', (error) => {
    throw error;
  });
  reader.parse(bytes);
  return packets;
}

/** Offsets of the properties and of the payload in one PUBLISH of QoS 0 with the topic `t`. */
function parts(bytes: Buffer): [number, number] {
  const at = bodyStart(bytes, 0) + 3;
  return [at, bytes.indexOf('|payload')];
}

describe('a stamp in a user property', () => {
  it('is read among whatever other properties there are, and leaves the payload alone', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            payloadFormatIndicator: fc.boolean(),
            messageExpiryInterval: fc.integer({ min: 0, max: 0xffff_ffff }),
            contentType: fc.string({ maxLength: 200 }),
            responseTopic: fc.constant('r/t'),
            correlationData: fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data)),
            userProperties: fc.constant({ mqb: ['x', 'b54d'], a: 'b' }),
          },
          { requiredKeys: [] },
        ),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        (properties, sequence, due) => {
          const template = new PublishTemplate({
            topic: 't',
            qos: 0,
            version: 5,
            properties: encodePublishProperties(properties),
            payload: Buffer.from('|payload'),
            stamp: { run: 77, publisher: 123_456, slot: 9 },
            stampIn: 'property',
          });
          const out = new Outbox();
          template.append(out, 0, sequence, due, false);
          const bytes = Buffer.from(out.take());
          const [packet] = parse(bytes);
          expect(String(packet?.payload)).toBe('|payload');
          const read = { ...nothing };
          expect(readStampProperty(bytes, ...parts(bytes), 77, read)).toBe(true);
          expect(read).toEqual({ run: 77, publisher: 123_456, slot: 9, sequence, dueMicros: due });
          expect(readStampProperty(bytes, ...parts(bytes), 78, read)).toBe(false); // another run's
        },
      ),
    );
  });

  it('is not found in garbage, which is not an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
        expect(readStampProperty(Buffer.from(garbage), 0, garbage.length, undefined, { ...nothing })).toBe(false);
      }),
    );
  });
});

describe('a topic alias', () => {
  const alias = new TopicAlias(3);
  const template = new PublishTemplate({
    topic: 'a/long/topic/name',
    qos: 1,
    version: 5,
    payload: Buffer.from('x'),
    alias,
  });
  const write = (): Buffer => {
    const out = new Outbox();
    template.append(out, 1, 0, 0, false);
    return Buffer.from(out.take());
  };

  it('comes with the topic first, stands for it afterwards, and anew on every connection', () => {
    for (let connection = 0; connection < 2; connection++) {
      alias.begin(10);
      const [first, second, third] = [write(), write(), write()];
      expect(parse(first)[0]).toMatchObject({ topic: 'a/long/topic/name', properties: { topicAlias: 3 } });
      expect(parse(second)[0]).toMatchObject({ topic: '', properties: { topicAlias: 3 } });
      expect(third).toEqual(second);
      expect(first.length - second.length).toBe('a/long/topic/name'.length);
    }
    expect(alias.saved).toBe(4);
  });

  it('is not used above the maximum of the server', () => {
    alias.begin(2);
    expect(parse(write())[0]).toMatchObject({ topic: 'a/long/topic/name' });
    expect(parse(write())[0]?.properties?.topicAlias).toBeUndefined();
  });
});
