import { once } from 'node:events';
import net from 'node:net';
import mqtt from 'mqtt';
import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { spawnHere } from '../../src/base/process/child.js';
import type { BrokerOptions } from '../../src/broker/contract.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { transportNames } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';

const schemes = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const;

describe('reference broker', () => {
  let broker: BrokerHandle;
  const clients: mqtt.MqttClient[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker?.close();
  });

  async function start(options: BrokerOptions): Promise<void> {
    broker = await startBroker(options, spawnHere);
  }

  async function connect(name: keyof typeof schemes, more: mqtt.IClientOptions = {}): Promise<mqtt.MqttClient> {
    const address = broker.ready.addresses[name];
    if (!address) throw new Error(`no ${name} listener`);
    const path = name === 'ws' || name === 'wss' ? '/mqtt' : '';
    const options = { ca: broker.ready.ca, reconnectPeriod: 0, ...more };
    const client = await mqtt.connectAsync(`${schemes[name]}://${address.host}:${address.port}${path}`, options);
    clients.push(client);
    return client;
  }

  it('carries QoS 0, 1 and 2 between clients of different transports', async () => {
    const any = { port: 0 };
    await start({ listeners: { tcp: any, tls: any, ws: any, wss: any } });
    const subscribers = await Promise.all((['tcp', 'tls', 'ws', 'wss'] as const).map((name) => connect(name)));
    const received: string[][] = subscribers.map(() => []);
    for (const [i, subscriber] of subscribers.entries()) {
      subscriber.on('message', (topic, payload, { qos }) => received[i]?.push(`${topic} ${payload} ${qos}`));
      await subscriber.subscribeAsync('a/+', { qos: 2 });
    }
    const publisher = await connect('wss');
    for (const qos of [0, 1, 2] as const) await publisher.publishAsync(`a/${qos}`, 'x', { qos });
    await expect
      .poll(() => received.map((list) => list.toSorted()))
      .toEqual(subscribers.map(() => ['a/0 x 0', 'a/1 x 1', 'a/2 x 2']));
    const stats = await broker.stats();
    expect(stats.publishesReceived).toBe(3);
    expect(stats.publishesDelivered).toBe(12);
    expect(stats.connections).toEqual({ tcp: 1, tls: 1, ws: 1, wss: 2 });
    expect(stats.bytesReceived).toBeGreaterThan(100);
    expect(stats.bytesSent).toBeGreaterThan(100);
    expect(stats.rssBytes).toBeGreaterThan(1e7);
    expect(stats.cpuUserMicros).toBeGreaterThan(0);
  });

  it('shares the messages of a group among its members, whatever their transport', async () => {
    await start({ listeners: { tcp: { port: 0 }, ws: { port: 0 } } });
    const names = ['tcp', 'ws', 'tcp', 'tcp'] as const;
    const clients = await Promise.all(names.map((name) => connect(name)));
    const received: string[][] = clients.map(() => []);
    const filters = ['$share/g/a/+', '$share/g/a/+', '$share/g/#', 'a/1'];
    for (const [i, client] of clients.entries()) {
      client.on('message', (topic) => received[i]?.push(topic));
      await client.subscribeAsync(filters[i] as string, { qos: 1 });
    }
    const [first, second] = clients as [mqtt.MqttClient, mqtt.MqttClient];
    const publisher = await connect('tcp');
    const publish = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await publisher.publishAsync('a/1', 'x', { qos: 1 });
    };
    await publish(10);
    await expect.poll(() => received.map(({ length }) => length)).toEqual([5, 5, 10, 10]);
    await first.unsubscribeAsync('$share/g/a/+');
    await publish(4);
    await expect.poll(() => received.map(({ length }) => length)).toEqual([5, 9, 14, 14]);
    await second.endAsync(true);
    await expect.poll(async () => (await broker.stats()).connections.ws).toBe(0);
    await publish(2);
    await expect.poll(() => received.map(({ length }) => length)).toEqual([5, 9, 16, 16]);
    expect(received[2]?.every((topic) => topic === 'a/1')).toBe(true); // nothing of $SYS, which began meanwhile
  });

  it('tells where each client is', async () => {
    await start({ listeners: { tcp: { port: 0 } } });
    await connect('tcp', { clientId: 'one' });
    await expect.poll(() => broker.peers()).toHaveLength(1); // aedes counts a client just after its CONNACK
    const [peer] = await broker.peers();
    expect(peer).toMatchObject({ clientId: 'one', transport: 'tcp', address: { host: '127.0.0.1' } });
    expect(peer?.address.port).toBeGreaterThan(0);
  });

  it('keeps the byte counts of connections that are gone', async () => {
    await start({ listeners: { tcp: { port: 0 } } });
    const client = await connect('tcp');
    await client.publishAsync('a', 'x'.repeat(5000), { qos: 1 });
    await client.endAsync();
    await expect.poll(async () => (await broker.stats()).connections.tcp).toBe(0);
    expect((await broker.stats()).bytesReceived).toBeGreaterThan(5000);
  });

  it('speaks MQTT 5 over every transport', async () => {
    await start({ listeners: { tcp: { port: 0 }, tls: { port: 0 }, ws: { port: 0 } } });
    for (const transport of ['tcp', 'tls', 'ws'] as const) await connect(transport, { protocolVersion: 5 });
    const { counters } = await broker.stats();
    expect(counters).toMatchObject({ 'mqtt.connects': 3, 'mqtt.versionsRefused': 0 });
  });

  it.each([2, 6, 127])(
    'refuses version %i of the protocol with the return code of MQTT 3.1.1, and counts it',
    async (version) => {
      await start({ listeners: { tcp: { port: 0 } } });
      const connectPacket = generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'c' });
      connectPacket[8] = version;
      const socket = net.connect(broker.ready.addresses.tcp?.port as number, '127.0.0.1');
      const received: Buffer[] = [];
      socket.on('data', (bytes) => received.push(bytes));
      socket.write(connectPacket);
      await once(socket, 'close');
      expect(Buffer.concat(received)).toEqual(Buffer.from([0x20, 2, 0, 1]));
      const { counters } = await broker.stats();
      expect(counters).toMatchObject({ 'mqtt.connects': 0, 'mqtt.versionsRefused': 1 });
    },
  );

  it('fails with the port when it is in use, and leaves no process', async () => {
    await start({ listeners: { tcp: { port: 0 } } });
    const port = broker.ready.addresses.tcp?.port as number;
    await expect(startBroker({ listeners: { ws: { port: 0 }, tcp: { port } } }, spawnHere)).rejects.toMatchObject({
      code: 'MQB_PORT_IN_USE',
      message: expect.stringContaining(String(port)),
      exitCode: 4,
    });
  });

  it('makes a certificate for the names it is told', async () => {
    await start({ listeners: { tls: { port: 0 } }, names: ['broker.lab', '10.9.8.7'] });
    const address = broker.ready.addresses.tls;
    if (!address) throw new Error('no listener');
    for (const serverName of ['broker.lab', '10.9.8.7', 'localhost', '127.0.0.1']) {
      const connection = await transportFor('tls').dial({ ...address, tls: { ca: broker.ready.ca, serverName } });
      connection.abort();
    }
    const wrong = transportFor('tls').dial({ ...address, tls: { ca: broker.ready.ca, serverName: 'other.lab' } });
    await expect(wrong).rejects.toMatchObject({ code: 'MQB_CERTIFICATE' });
  });

  it('accepts tickets of another broker with the same ticket key', async () => {
    const shared = { listeners: { tls: { port: 0 } }, ticketKeyHex: '5a'.repeat(48) };
    await start(shared);
    const second = await startBroker({ ...shared }, spawnHere);
    try {
      const kept = new Map<string, Uint8Array>();
      const store = {
        get: (key: string) => kept.get(key),
        set: (key: string, ticket: Uint8Array) => void kept.set(key, ticket),
        delete: (key: string) => void kept.delete(key),
      };
      const dial = async (handle: BrokerHandle): Promise<string> => {
        const address = handle.ready.addresses.tls;
        if (!address) throw new Error('no listener');
        const connection = await transportFor('tls').dial({
          ...address,
          tls: { ca: handle.ready.ca },
          tickets: { store, key: 'k' },
        });
        // Tickets of TLS 1.3 arrive with the first answer: MQTT's own (RFC 8446 section 4.6.1 sends them after Finished).
        connection.duplex.resume();
        await expect.poll(() => kept.size).toBe(1);
        connection.abort();
        return connection.stats().handshake;
      };
      expect(await dial(broker)).toBe('full');
      // Another authority signed the second broker's certificate, yet no certificate is sent when a session resumes.
      expect(await dial(second)).toBe('resumed');
    } finally {
      await second.close();
    }
  });

  it('knows every transport of the contract', () => {
    expect(transportNames.map((name) => transportFor(name).name)).toEqual([...transportNames]);
  });
});
