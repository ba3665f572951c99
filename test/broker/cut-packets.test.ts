import { generate, type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { DialOptions, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import type { Level } from '../conformance/bytes.js';
import { RawClient } from '../conformance/raw-client.js';
import { pause } from '../conformance/scene.js';

let broker: Broker;
beforeAll(async () => {
  broker = await Broker.start({ listeners: { tcp: { port: 0 }, ws: { port: 0 }, quic: { port: 0 } } });
});
afterAll(() => broker?.close());

async function open(transport: TransportName, level: Level): Promise<RawClient> {
  const { addresses, ca } = broker.ready;
  return new RawClient(
    await transportFor(transport).dial({ ...(addresses[transport] as DialOptions), tls: { ca } }),
    level,
  );
}

/** What a client may say without waiting for an answer, in one piece. */
function life(level: Level, clientId: string): Buffer {
  const topic = `t/${clientId}`;
  const userProperties = { b: ['1', '2'], a: 'ä' };
  const more = level === 5 ? { properties: { userProperties } } : {};
  const publish = { cmd: 'publish', topic, payload: 'x'.repeat(40), dup: false, retain: false, ...more } as const;
  const packets: Packet[] = [
    { cmd: 'connect', protocolId: 'MQTT', protocolVersion: level, clientId, clean: true, keepalive: 60, ...more },
    {
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: `${topic}/+`, qos: 0 }],
      ...more,
    },
    { ...publish, qos: 1, messageId: 2 },
    { ...publish, qos: 2, messageId: 3 },
    { cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['other'], ...more },
    { cmd: 'pingreq' },
  ];
  return Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: level })));
}

const answers = ['connack', 'suback', 'puback', 'pubrec', 'unsuback', 'pingresp'] as const;

it.each(
  (['tcp', 'ws', 'quic'] as const).flatMap((transport) =>
    ([4, 5] as const).map((level) => [transport, level] as const),
  ),
)('over %s packets of MQTT %i that are cut at any byte are what they are', async (transport, level) => {
  const { length } = life(level, 'c000');
  const heard = async (at: number): Promise<string[]> => {
    const client = await open(transport, level);
    const all = life(level, `c${String(at).padStart(3, '0')}`);
    client.send(all.subarray(0, at));
    await pause(5); // most are read in two pieces then
    client.send(all.subarray(at));
    // Each is answered as soon as it can be, not one after the other.
    for (const answer of answers) await client.next(answer);
    client.cut();
    return client.heard.map(({ packet }) => packet.cmd);
  };
  for (let from = 1; from < length; from += 40) {
    const positions = Array.from({ length: Math.min(40, length - from) }, (_, i) => from + i);
    const all = await Promise.all(positions.map(heard));
    for (const [i, one] of all.entries()) expect(one.toSorted(), `cut at ${from + i}`).toEqual(answers.toSorted());
  }
  expect(broker.counters()).toMatchObject({ 'mqtt.packetsMalformed': 0, 'mqtt.connectionErrors': 0 });
});

it.each([4, 5] as const)('packets of MQTT %i that come byte by byte are what they are', async (level) => {
  const client = await open('tcp', level);
  for (const byte of life(level, 'drops')) {
    client.send(Buffer.from([byte]));
    await pause(0);
  }
  for (const answer of answers) await client.next(answer);
  expect(client.heard.map(({ packet }) => packet.cmd).toSorted()).toEqual(answers.toSorted());
  client.cut();
});
