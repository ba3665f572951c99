import { once } from 'node:events';
import mqtt from 'mqtt';
import { generate, type Packet } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { BrokerOptions } from '../../src/broker/contract.js';
import { type Connection, type TransportName, transportNames } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { transportFor } from '../../src/transport/registry.js';

let clients = 0;
const connectPacket = (): Buffer =>
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: `x${++clients}`,
  });
/** The header of a PUBLISH, and the first bytes of its body. @param length remaining length */
function publishHeader(length: number, bytes = 10): Buffer {
  const header = [0x30];
  let left = length;
  do {
    header.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), Buffer.from([0, 1, 0x61]), Buffer.alloc(Math.max(0, bytes - 3), 'x')]);
}

describe('packets that a client may not send', () => {
  let broker: Broker;
  const open: Connection[] = [];

  afterEach(async () => {
    for (const connection of open.splice(0)) connection.abort();
    await broker?.close();
  });

  async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
    const listeners = Object.fromEntries(transportNames.map((name) => [name, { port: 0 }]));
    broker = await Broker.start({ listeners, ...options });
  }

  /** A connection on which CONNACK has come. */
  async function connected(name: TransportName): Promise<Connection> {
    const address = broker.ready.addresses[name];
    if (!address) throw new Error(`no ${name}`);
    const connection = await transportFor(name).dial({ ...address, tls: { ca: broker.ready.ca } });
    connection.duplex.on('error', () => {});
    open.push(connection);
    connection.duplex.write(connectPacket());
    await once(connection.duplex, 'data');
    connection.duplex.resume();
    return connection;
  }

  const closeOf = ({ duplex }: Connection): Promise<unknown> =>
    duplex.destroyed ? Promise.resolve() : new Promise((resolve) => duplex.once('close', resolve));

  it.each(transportNames)('over %s a packet larger than allowed is refused by its header, at once', async (name) => {
    await start({ limits: { packetBytes: 1024 } });
    const polite = await connected(name);
    polite.duplex.write(publishHeader(1021, 1021)); // 1,024 bytes with its header of three
    const connection = await connected(name);
    const closed = closeOf(connection);
    const began = performance.now();
    connection.duplex.write(publishHeader(1022, 3));
    await closed;
    expect(performance.now() - began).toBeLessThan(900); // it was found by a look once a second
    expect(broker.counters()).toMatchObject({ 'mqtt.packetsTooLarge': 1, 'mqtt.limitsExceeded': 1 });
    expect(broker.traffic.publishesReceived).toBe(1);
    expect(polite.duplex.destroyed).toBe(false);
  });

  it('a packet that came whole in one read is held to the limit too, and so is one behind CONNECT', async () => {
    await start({ limits: { packetBytes: 1024 } });
    const first = await connected('tcp');
    first.duplex.write(publishHeader(5000, 5000));
    await closeOf(first);
    const address = broker.ready.addresses.tcp;
    const second = await transportFor('tcp').dial({ host: '127.0.0.1', port: address?.port as number });
    second.duplex.on('error', () => {}).resume();
    open.push(second);
    second.duplex.write(Buffer.concat([connectPacket(), publishHeader(5000, 5000)]));
    await closeOf(second);
    expect(broker.counters()).toMatchObject({ 'mqtt.packetsTooLarge': 2 });
    expect(broker.traffic.publishesReceived).toBe(0);
  });

  it('a data stream of QUIC that brings one ends its whole connection', async () => {
    await start({ limits: { packetBytes: 1024 } });
    const connection = (await connected('quic')) as QuicConnection;
    const stream = connection.streams.open();
    stream.on('error', () => {});
    const closed = closeOf(connection);
    stream.write(publishHeader(2000));
    await closed;
    expect(broker.counters()).toMatchObject({ 'mqtt.packetsTooLarge': 1 });
  });

  it.each([
    ['filter a#', { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a#', qos: 0 }] }],
    ['filter a+/b', { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a+/b', qos: 0 }] }],
    ['a null character', { cmd: 'publish', topic: 'a\0b', payload: 'x', qos: 0, dup: false, retain: false }],
  ])('%s ends the connection over every transport', async (_, packet) => {
    await start();
    for (const name of transportNames) {
      const connection = await connected(name);
      const closed = closeOf(connection);
      connection.duplex.write(generate(packet as Packet));
      await closed;
    }
    expect(broker.counters()).toMatchObject({ 'mqtt.packetsMalformed': transportNames.length });
  });

  it('what came whole before it is acted upon', async () => {
    await start();
    const port = broker.ready.addresses.tcp?.port;
    const watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
    const received: string[] = [];
    watcher.on('message', (topic) => received.push(topic));
    await watcher.subscribeAsync('#', { qos: 1 });
    const connection = await connected('tcp');
    const closed = closeOf(connection);
    const good = { cmd: 'publish', topic: 'good', payload: 'x', qos: 2, messageId: 1, dup: false, retain: false };
    const bad = { ...good, qos: 0, topic: 'b\0d' };
    connection.duplex.write(
      Buffer.concat([generate(good as Packet), generate(bad as Packet), generate(good as Packet)]),
    );
    await closed;
    await expect.poll(() => received).toEqual(['good']);
    await watcher.endAsync(true);
  });

  it('a remaining length of five bytes ends the connection', async () => {
    await start();
    const connection = await connected('tcp');
    const closed = closeOf(connection);
    connection.duplex.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]));
    await closed;
    expect(broker.counters()).toMatchObject({ 'mqtt.packetsMalformed': 1 });
  });
});
