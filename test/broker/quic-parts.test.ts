import { generate, type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { DialOptions } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { transportFor } from '../../src/transport/registry.js';
import { Scene } from '../conformance/scene.js';

/** Of the data streams of one client, EIP 0023. */
describe('a client of MQTT 5 with data streams', () => {
  let broker: Broker;
  let at: Scene;
  beforeAll(async () => {
    broker = await Broker.start({ listeners: { quic: { port: 0 } } });
    const { addresses, ca } = broker.ready;
    const dial = () => transportFor('quic').dial({ ...(addresses.quic as DialOptions), tls: { ca } });
    at = new Scene({ dial, close: async () => {} }, 'quic', 5);
  });
  afterAll(async () => {
    at.end();
    await broker.close();
  });

  const onStream = async (connection: QuicConnection, ...packets: Packet[]): Promise<void> => {
    const stream = connection.streams.open();
    const ended = new Promise((resolve) => stream.once('end', resolve).once('error', resolve));
    stream.resume().end(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: 5 }))));
    await ended;
  };

  it.each([0, 1, 2] as const)('gets nothing of its own on a subscription with No Local, QoS %i', async (qos) => {
    const [client, other] = [await at.client(at.lasting(at.id())), await at.client()];
    const topic = at.topic(`own${qos}`);
    await client.subscribe(topic, { qos: 2, nl: true });
    const message = { cmd: 'publish', topic, payload: 'own', qos, dup: false, retain: false } as const;
    const packet = qos > 0 ? { ...message, messageId: 1 } : message;
    const release: Packet[] = qos === 2 ? [{ cmd: 'pubrel', messageId: 1 }] : [];
    const received = broker.traffic.publishesReceived;
    await onStream(client.connection as QuicConnection, packet, ...release);
    await expect.poll(() => broker.traffic.publishesReceived).toBeGreaterThan(received);
    await other.publish(topic, 'of another', { qos: 1 });
    expect((await at.arrived(client, other)).map(({ payload }) => String(payload))).toEqual(['of another']);
    expect(broker.sessions.messages).toBe(0);
  });
});
