import { connect as connectTcp, type Socket } from 'node:net';
import mqtt from 'mqtt';
import { generate, parser } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';

const messageBytes = 10_000;
/** A publisher may owe a 64th of it, three messages: less than one read of 64 KiB brings, which aedes itself waits for. */
const owedBytes = 64 * 3 * messageBytes;

describe('back-pressure of the reference broker', () => {
  let broker: BrokerHandle;
  const sockets: Socket[] = [];
  const clients: mqtt.MqttClient[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker?.close();
  });

  async function start(pressure: object): Promise<number> {
    broker = await startBroker({ listeners: { tcp: { port: 0 } }, pressure });
    return broker.ready.addresses.tcp?.port as number;
  }

  /** A client that speaks in packets and reads only when it is told to. */
  function rawClient(
    port: number,
    clientId: string,
    filter?: string,
    protocolVersion: 4 | 5 = 4,
  ): { socket: Socket; received: () => number[] } {
    const socket = connectTcp(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    const got: number[] = [];
    const parse = parser({ protocolVersion });
    parse.on('packet', (packet) => {
      if (packet.cmd === 'publish') got.push((packet.payload as Buffer).readUInt32BE(0));
    });
    socket.on('data', (chunk) => parse.parse(chunk));
    socket.write(
      generate({ cmd: 'connect', clientId, protocolId: 'MQTT', protocolVersion, clean: true, keepalive: 0 }),
    );
    if (filter !== undefined) {
      const subscriptions = [{ topic: filter, qos: 1 as const }];
      socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions }, { protocolVersion }));
    }
    return { socket, received: () => got };
  }

  function messages(topic: string, count: number, qos: 0 | 1, protocolVersion: 4 | 5 = 4): Buffer {
    const packets = Array.from({ length: count }, (_, i) => {
      const payload = Buffer.alloc(messageBytes);
      payload.writeUInt32BE(i);
      const packet = { cmd: 'publish', topic, payload, qos, messageId: i + 1, dup: false, retain: false } as const;
      return generate(packet, { protocolVersion });
    });
    return Buffer.concat(packets);
  }

  async function connect(port: number): Promise<mqtt.MqttClient> {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
    clients.push(client);
    return client;
  }

  const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

  // 30 MB go to a reader that has stopped: more than the sockets on the way hold, far more than may be owed.
  it.each([
    [0, 4],
    [1, 4],
    [0, 5],
    [1, 5],
  ] as const)(
    'QoS %i, MQTT %i: a fast publisher waits for a slow subscriber, others do not',
    { timeout: 60_000 },
    async (qos, level) => {
      const port = await start({ owedBytes });
      const slow = rawClient(port, 'slow', 'slow/+', level);
      await expect.poll(() => slow.socket.bytesRead).toBeGreaterThan(4); // CONNACK, SUBACK
      slow.socket.pause();
      const fast = rawClient(port, 'fast', undefined, level);
      fast.socket.write(messages('slow/x', 3000, qos, level));
      // It is held for a moment several times while the kernels' buffers grow, and for good when they are full.
      let before = -1;
      const standsStill = async (): Promise<boolean> => {
        const { publishersHeld, pendingDeliveries, bytesReceived } = await broker.stats();
        const still = bytesReceived === before;
        before = bytesReceived;
        return still && publishersHeld === 1 && pendingDeliveries > 0;
      };
      await expect.poll(standsStill, { timeout: 15_000, interval: 200 }).toBe(true);
      const other = await connect(port);
      const heard = new Promise((resolve) => other.once('message', (topic) => resolve(topic)));
      await other.subscribeAsync('quick', { qos: 1 });
      await other.publishAsync('quick', 'x', { qos: 1 });
      expect(await heard).toBe('quick');
      const held = await broker.stats();
      expect(held.bytesReceived).toBeLessThan(25e6); // the rest is not even read
      expect(held.publishersHeld).toBe(1);
      expect(held.pendingDeliveries).toBeGreaterThan(0);
      slow.socket.resume();
      await expect.poll(() => slow.received().length, { timeout: 20_000 }).toBe(3000);
      expect(slow.received()).toEqual(inOrder(3000));
      const after = await broker.stats();
      expect(after).toMatchObject({ pendingDeliveries: 0, publishersHeld: 0 });
      expect(after.counters['mqtt.publishersHeld']).toBeGreaterThan(0);
    },
  );

  it('does not lock up two clients that flood each other and themselves on one connection each', async () => {
    const port = await start({ owedBytes, publishesPerTurn: 10 });
    const names = ['a', 'b'] as const;
    const both = names.map((name) => rawClient(port, name, '+'));
    for (const { socket } of both) await expect.poll(() => socket.bytesRead).toBeGreaterThan(4);
    for (const { socket } of both) socket.pause();
    for (const [i, { socket }] of both.entries()) socket.write(messages(names[i] as string, 1000, 1));
    await expect.poll(async () => (await broker.stats()).publishersHeld, { timeout: 10_000 }).toBe(2);
    for (const { socket } of both) socket.resume();
    for (const { received } of both) await expect.poll(() => received().length, { timeout: 20_000 }).toBe(2000);
  });

  it('reads so many messages per turn, connections in turn, and none is lost or out of order', async () => {
    const port = await start({ publishesPerTurn: 5 });
    const all = await connect(port);
    const got = new Map<string, number[]>();
    all.on('message', (topic, payload) => got.set(topic, [...(got.get(topic) ?? []), payload.readUInt32BE(0)]));
    await all.subscribeAsync('many/+', { qos: 1 });
    const publishers = Array.from({ length: 20 }, (_, i) => rawClient(port, `p${i}`));
    for (const [i, { socket }] of publishers.entries()) socket.write(messages(`many/${i}`, 20, 1));
    await expect.poll(() => [...got.values()].flat().length, { timeout: 20_000 }).toBe(400);
    for (let i = 0; i < 20; i++) expect(got.get(`many/${i}`)).toEqual(inOrder(20));
    const { counters, pendingDeliveries, peakPendingDeliveries } = await broker.stats();
    expect(counters['mqtt.readsDeferred']).toBeGreaterThan(0);
    expect(pendingDeliveries).toBe(0);
    expect(peakPendingDeliveries).toBeGreaterThan(0);
  });
});
