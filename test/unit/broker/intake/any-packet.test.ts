import { generate, type Packet } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { faultOf } from '../../../../src/broker/intake/rules/packet.js';
import { keepOrder } from '../../../../src/broker/intake/user-properties.js';
import { bodyStart } from '../../../../src/mqtt/codec/frame-reader.js';
import { fc } from '../../../helpers/properties.js';

const text = fc.string({ maxLength: 20, unit: 'grapheme' }).filter((all) => !all.includes('\0'));
const name = text.map((all) => all.replaceAll(/[+#]/g, '-') || 't');
const filter = fc.oneof(name, fc.constantFrom('#', '+', 'a/+/b', '+/#', '/', '$share/g/a', '$share/g/#'));
const id = fc.integer({ min: 1, max: 65_535 });
const four = fc.integer({ min: 0, max: 0xffffffff });
const bytes = fc.uint8Array({ maxLength: 20 }).map((all) => Buffer.from(all));
const qos = fc.constantFrom(0, 1, 2);
const userProperties = fc.dictionary(text, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
  minKeys: 1, // mqtt-packet writes no packet with none
  maxKeys: 3,
});
const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });

const content = {
  payloadFormatIndicator: fc.boolean(),
  messageExpiryInterval: four,
  contentType: text,
  responseTopic: name,
  correlationData: bytes,
  userProperties,
};
const publish = fc.record({
  ...{ cmd: fc.constant('publish'), topic: name, payload: bytes, qos, messageId: id, retain: fc.boolean() },
  ...{ dup: fc.constant(false), properties: some({ ...content, topicAlias: id }) },
});
const will = fc.record({
  ...{ topic: name, payload: bytes.filter(({ length }) => length > 0), qos, retain: fc.boolean() },
  properties: some({ ...content, willDelayInterval: four }),
});
const connect = fc.record(
  {
    ...{ cmd: fc.constant('connect'), protocolId: fc.constant('MQTT'), clientId: text.map((all) => all || 'c') },
    ...{ clean: fc.boolean(), keepalive: fc.integer({ min: 0, max: 65_535 }) },
    ...{ will, username: text.map((all) => all || 'u'), password: bytes.filter(({ length }) => length > 0) },
    properties: some({
      ...{ sessionExpiryInterval: four, receiveMaximum: id, maximumPacketSize: id, topicAliasMaximum: id },
      ...{ requestResponseInformation: fc.boolean(), requestProblemInformation: fc.boolean(), userProperties },
    }),
  },
  { requiredKeys: ['cmd', 'protocolId', 'clientId', 'clean', 'keepalive', 'username'] },
);
const subscriptions = fc.array(
  fc.record({ topic: filter, qos, rap: fc.boolean(), rh: fc.constantFrom(0, 1, 2), nl: fc.constant(false) }),
  { minLength: 1, maxLength: 4 },
);
const others = fc.oneof(
  fc.record({
    ...{ cmd: fc.constant('subscribe'), messageId: id, subscriptions },
    properties: some({ subscriptionIdentifier: fc.integer({ min: 1, max: 268_435_455 }), userProperties }),
  }),
  fc.record({
    ...{ cmd: fc.constant('unsubscribe'), messageId: id, properties: some({ userProperties }) },
    unsubscriptions: fc.array(filter, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    ...{ cmd: fc.constantFrom('puback', 'pubrec'), messageId: id, reasonCode: fc.constantFrom(0, 0x10, 0x80, 0x99) },
    properties: some({ reasonString: text, userProperties }),
  }),
  fc.record({
    ...{ cmd: fc.constantFrom('pubrel', 'pubcomp'), messageId: id, reasonCode: fc.constantFrom(0, 0x92) },
    properties: some({ reasonString: text, userProperties }),
  }),
  fc.record({
    ...{ cmd: fc.constant('disconnect'), reasonCode: fc.constantFrom(0, 4, 0x80) },
    properties: some({ sessionExpiryInterval: four, reasonString: text, userProperties }),
  }),
  fc.record({ cmd: fc.constant('pingreq') }),
);
const packet = fc.oneof(publish, connect, others);

const written = (one: unknown, protocolVersion: 4 | 5): Buffer =>
  generate({ ...(one as Packet), protocolVersion } as Packet, { protocolVersion });
const judge = (all: Buffer, version: number) => faultOf(all, 0, bodyStart(all, 0), all.length, version);

it.each([4, 5] as const)('whatever mqtt-packet can write as a client of MQTT %i is taken', (version) => {
  fc.assert(
    fc.property(packet, (one) => {
      expect(judge(written(one, version), version), JSON.stringify(one)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

it.each([4, 5] as const)('bytes that are changed, cut or doubled anywhere crash nothing, MQTT %i', (version) => {
  const change = fc.record({
    at: fc.nat(),
    to: fc.integer({ min: 0, max: 255 }),
    kind: fc.constantFrom('set', 'cut', 'double'),
  });
  fc.assert(
    fc.property(packet, fc.array(change, { minLength: 1, maxLength: 4 }), (one, changes) => {
      const all = Buffer.concat([written(one, version), Buffer.alloc(8)]).subarray(0, -8);
      const body = bodyStart(all, 0);
      let end = all.length;
      for (const { at, to, kind } of changes) {
        if (end <= body) break;
        const where = body + (at % (end - body));
        if (kind === 'set') all[where] = to;
        else if (kind === 'cut') end = where;
        else all.copyWithin(where, body, end);
      }
      const fault = faultOf(all, 0, body, end, version);
      if (fault) {
        expect(fault.reason).toBeGreaterThanOrEqual(0x81);
        expect(fault.says).not.toBe('');
      }
    }),
    { numRuns: 3000 },
  );
});

it('user properties keep their order, of a message and of a will', () => {
  const several = fc.dictionary(text, fc.array(text, { minLength: 1, maxLength: 3 }), { minKeys: 1, maxKeys: 4 });
  fc.assert(
    fc.property(publish, connect, will, several, (message, client, last, userProperties) => {
      const own = Object.entries(userProperties).flatMap(([key, values]) => values.map((value) => [key, value]));
      const expected = Buffer.concat(
        own.flatMap(([key, value]) => [Buffer.from([0x26]), ...[key, value].map((part) => counted(part as string))]),
      );
      const properties = { ...message.properties, userProperties };
      for (const one of [
        { ...message, properties },
        { ...client, will: { ...last, properties: { userProperties } } },
      ]) {
        const all = Buffer.concat([Buffer.from('##'), written(one, 5), Buffer.from('##')]);
        const parsed = structuredClone(one) as unknown as Packet & {
          will?: { properties: object };
          properties: object;
        };
        keepOrder(parsed, all, 2, all.length - 2);
        const got = (parsed.will ?? parsed).properties as { userPropertyBytes?: Buffer };
        expect(got.userPropertyBytes === undefined).toBe(own.length < 2);
        if (got.userPropertyBytes) expect(got.userPropertyBytes.equals(expected)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

function counted(part: string): Buffer {
  const content = Buffer.from(part);
  return Buffer.concat([Buffer.from([content.length >> 8, content.length & 0xff]), content]);
}
