import mqtt from 'mqtt';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { type Connection, type TransportName, transportNames } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';

const tries = 5;

/** What a client that has little time writes in one go: a sleepy device, a script that sends and hangs up. */
describe('what was received before an end is acted upon before the end', () => {
  let broker: Broker;
  let watcher: mqtt.MqttClient;
  let received: string[] = [];
  const open: Connection[] = [];
  let clients = 0;

  beforeAll(async () => {
    const listeners = Object.fromEntries(transportNames.map((name) => [name, { port: 0 }]));
    broker = await Broker.start({ listeners });
    watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`, { reconnectPeriod: 0 });
    watcher.on('message', (topic, payload) => received.push(`${topic} ${payload}`));
    await watcher.subscribeAsync('#', { qos: 2 });
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.abort();
    received = [];
  });
  afterAll(async () => {
    await watcher.endAsync(true);
    await broker.close();
  });

  async function dial(name: TransportName): Promise<Connection> {
    const address = broker.ready.addresses[name];
    if (!address) throw new Error(`no ${name}`);
    const connection = await transportFor(name).dial({ ...address, tls: { ca: broker.ready.ca } });
    connection.duplex.on('error', () => {});
    open.push(connection);
    return connection;
  }

  const connect = (more: Partial<IConnectPacket> = {}): Packet => ({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: `at-once-${++clients}`,
    ...more,
  });
  const publish = (payload: string, qos: 0 | 1 | 2, messageId = 1): Packet => ({
    cmd: 'publish',
    topic: 't',
    payload,
    qos,
    messageId,
    dup: false,
    retain: false,
  });
  const bytesOf = (packets: readonly Packet[]): Buffer => Buffer.concat(packets.map((packet) => generate(packet)));

  /** Writes all and ends in one go. @returns what the broker answers until it ends too */
  async function atOnce(name: TransportName, packets: readonly Packet[]): Promise<string[]> {
    const { duplex } = await dial(name);
    const answers: string[] = [];
    const parse = parser();
    parse.on('packet', ({ cmd }: Packet) => answers.push(cmd));
    duplex.on('data', (chunk: Buffer) => parse.parse(chunk));
    const closed = new Promise((resolve) => duplex.once('close', resolve));
    duplex.end(bytesOf(packets));
    await closed;
    return answers;
  }

  describe.each(transportNames)('over %s', (name) => {
    it.each([0, 1, 2] as const)('PUBLISH of QoS %i right behind CONNECT, then the end', async (qos) => {
      for (let i = 0; i < tries; i++) await atOnce(name, [connect(), publish(`${i}`, qos)]);
      await expect.poll(() => received).toEqual(Array.from({ length: tries }, (_, i) => `t ${i}`));
    });

    it.each([0, 1, 2] as const)('PUBLISH of QoS %i and DISCONNECT right behind CONNECT, then the end', async (qos) => {
      for (let i = 0; i < tries; i++) {
        await atOnce(name, [connect(), publish(`${i}`, qos), { cmd: 'disconnect' } as Packet]);
      }
      await expect.poll(() => received).toEqual(Array.from({ length: tries }, (_, i) => `t ${i}`));
    });

    it('a will is published after what came before the end, and not at all after DISCONNECT', async () => {
      const will = { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: false } as const;
      await atOnce(name, [connect({ will }), publish('a', 1), { cmd: 'disconnect' } as Packet]);
      await atOnce(name, [connect({ will }), publish('b', 1)]);
      await expect.poll(() => received).toEqual(['t a', 't b', 'will gone']);
    });

    it('more packets than aedes would keep before CONNACK, in order', async () => {
      const messages = Array.from({ length: 300 }, (_, i) => publish(`${i}`, 1, i + 1));
      await atOnce(name, [connect({ clean: false }), ...messages]);
      await expect.poll(() => received.length).toBe(300);
      expect(received).toEqual(messages.map((_, i) => `t ${i}`));
    });

    it('a message that fills several reads', async () => {
      const payload = 'x'.repeat(300_000);
      await atOnce(name, [connect(), publish(payload, 1), publish('behind it', 1, 2)]);
      await expect.poll(() => received.map(({ length }) => length)).toEqual([300_002, 11]);
    });
  });

  // A WebSocket that has said close is sent nothing any more (RFC 6455 section 5.5.1).
  it.each(['tcp', 'tls', 'quic'] as const)('a client of %s that only stops writing gets its answers', async (name) => {
    const subscribe = { cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: 'other', qos: 1 }] } as Packet;
    const answers = await atOnce(name, [connect(), publish('a', 1), publish('b', 2), subscribe]);
    expect(answers.sort()).toEqual(['connack', 'puback', 'pubrec', 'suback']);
    // Who watches has both before the next test begins to count.
    await expect.poll(() => received.length).toBe(2);
  });

  it('a client that is gone when its answers come loses nothing of what it sent', async () => {
    for (let i = 0; i < 20; i++) {
      const { duplex } = await dial('tcp');
      duplex.end(bytesOf([connect(), ...Array.from({ length: 60 }, (_, n) => publish(`${n}`, 1, n + 1))]), () =>
        duplex.destroy(),
      );
    }
    await expect.poll(() => received.length).toBe(20 * 60);
  });

  it('half a packet before the end is nobody’s, and the end comes at once', async () => {
    const { duplex } = await dial('tcp');
    const closed = new Promise((resolve) => duplex.once('close', resolve));
    duplex.resume().end(bytesOf([connect(), publish('whole', 0), publish('half', 0)]).subarray(0, -2));
    await closed;
    await expect.poll(() => received).toEqual(['t whole']);
    await expect.poll(() => broker.connections().tcp).toBe(1); // the watcher
  });
});
