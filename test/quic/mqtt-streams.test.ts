import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { DataPacketFilter } from '../../src/broker/quic/data-packets.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { type QuicTransport, quicTransport } from '../../src/transport/quic/transport.js';
import { Talker } from './talker.js';
import { pause, until } from './wire.js';

let broker: Broker;
let transport: QuicTransport;
afterEach(async () => {
  await transport?.close();
  await broker?.close();
});

async function dial(): Promise<QuicConnection> {
  broker = await Broker.start({ listeners: { quic: { port: 0 } } });
  transport = quicTransport();
  const { addresses, ca } = broker.ready;
  const { host, port } = addresses.quic as { host: string; port: number };
  return transport.dial({ host, port, tls: { ca } });
}

async function connect(connection: QuicConnection, keepalive = 0): Promise<Talker> {
  const control = new Talker(connection.duplex);
  await control.connect('device', { keepalive });
  return control;
}

const open = (connection: QuicConnection): Talker => new Talker(connection.streams.open());

describe('MQTT over several QUIC streams', () => {
  it('acknowledges on the stream of the packet and delivers on the stream of the SUBSCRIBE (NanoSDK: 4 and 12)', async () => {
    const connection = await dial();
    const control = await connect(connection);
    const [four, eight, twelve] = [open(connection), open(connection), open(connection)];
    four.subscribe('a/b', 7);
    expect(await four.next('suback')).toMatchObject({ messageId: 7, granted: [1] });
    twelve.publish('a/b', 'hello', 9);
    expect(await twelve.next('puback')).toMatchObject({ messageId: 9 });
    const delivered = await four.next('publish');
    expect(delivered).toMatchObject({ topic: 'a/b', qos: 1, messageId: 1 });
    four.say({ cmd: 'puback', messageId: 1 });
    await pause(50);
    expect([control.heard.length, eight.heard.length, twelve.heard.length]).toEqual([1, 0, 1]);
  });

  it('numbers packets per stream, and a filter subscribed on two streams gets two copies', async () => {
    const connection = await dial();
    const control = await connect(connection);
    const streams = [open(connection), open(connection)];
    for (const stream of streams) {
      stream.subscribe('t');
      await stream.next('suback');
    }
    control.publish('t', 'x', 5);
    for (const stream of streams) expect(await stream.next('publish')).toMatchObject({ messageId: 1 });
    // The same id from the client may be in flight on two streams at once.
    for (const stream of streams) stream.publish('elsewhere', 'y', 5);
    for (const stream of streams) expect(await stream.next('puback')).toMatchObject({ messageId: 5 });
    expect(await control.next('puback')).toMatchObject({ messageId: 5 });
  });

  it('holds what comes on a data stream before CONNACK', async () => {
    const connection = await dial();
    const early = open(connection);
    early.subscribe('t');
    await pause(100);
    expect(early.heard).toEqual([]);
    await connect(connection);
    await early.next('suback');
  });

  it('takes 200 messages in the first flight of a data stream, more than aedes queues before its CONNECT is done', async () => {
    const connection = await dial();
    await connect(connection);
    const talker = open(connection);
    const flight = Array.from({ length: 200 }, (_, i) =>
      generate({ cmd: 'publish', topic: 't', payload: 'x', qos: 1, messageId: i + 1, dup: false, retain: false }),
    );
    talker.duplex.write(Buffer.concat(flight));
    await talker.next('puback', 200);
  });

  it('lets a data stream with a malformed packet, or a CONNECT, die alone; a new one works', async () => {
    const connection = await dial();
    const control = await connect(connection);
    const malformed = open(connection);
    malformed.duplex.write(Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff));
    const connecting = open(connection);
    connecting.say({
      cmd: 'connect',
      clientId: 'other',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 0,
    });
    await until(() => malformed.duplex.destroyed && connecting.duplex.destroyed);
    const fresh = open(connection);
    fresh.publish('t', 'x');
    await fresh.next('puback');
    control.publish('t', 'x');
    await control.next('puback');
  });

  it('ends the subscriptions of a data stream with it, and only those', async () => {
    const connection = await dial();
    const control = await connect(connection);
    const [gone, stays] = [open(connection), open(connection)];
    for (const stream of [gone, stays]) {
      stream.subscribe('t');
      await stream.next('suback');
    }
    gone.duplex.end();
    await until(() => gone.duplex.destroyed);
    stays.say({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['other'] });
    await stays.next('unsuback');
    control.publish('t', 'x');
    await stays.next('publish');
    expect(broker.counters()).toMatchObject({ 'mqtt.dataStreams': 1, 'mqtt.dataStreamsOpened': 2 });
  });

  it('counts packets on every stream for the keepalive, and does not answer a PINGREQ on a data stream', async () => {
    const connection = await dial();
    const control = await connect(connection, 1);
    const data = open(connection);
    for (let i = 0; i < 8; i++) {
      data.say({ cmd: 'pingreq' });
      await pause(400); // 3.2 s in all, against a limit of 1.5 s
    }
    expect(control.duplex.destroyed).toBe(false);
    expect(data.heard).toEqual([]);
    await until(() => control.duplex.destroyed); // silence everywhere ends it
  });

  it('is not held up by half a packet on another stream', async () => {
    const connection = await dial();
    await connect(connection);
    const half = open(connection);
    half.duplex.write(
      generate({ cmd: 'publish', topic: 't', payload: 'never whole', qos: 0, dup: false, retain: false }).subarray(
        0,
        5,
      ),
    );
    const whole = open(connection);
    whole.publish('t', 'x');
    await whole.next('puback');
  });
});

describe('the filter of data streams', () => {
  const publish = generate({ cmd: 'publish', topic: 't', payload: 'x'.repeat(300), qos: 0, dup: false, retain: false });
  const ping = generate({ cmd: 'pingreq' });

  it('passes allowed packets byte for byte however they are cut, without the PINGREQs between them', () => {
    const all = Buffer.concat([ping, publish, ping, ping, publish, publish, ping]);
    for (const size of [1, 2, 3, 7, 100, all.length]) {
      const filter = new DataPacketFilter();
      const passed: Buffer[] = [];
      for (let at = 0; at < all.length; at += size) passed.push(...filter.pass(all.subarray(at, at + size)));
      expect(Buffer.concat(passed).equals(Buffer.concat([publish, publish, publish]))).toBe(true);
    }
  });

  it.each([0x10, 0x20, 0xd0, 0xe0, 0xf0, 0x00])('refuses a packet that begins with %i', (first) => {
    expect(() => new DataPacketFilter().pass(Buffer.concat([publish, Buffer.of(first, 0)]))).toThrow(
      `MQTT packet type ${first >> 4} on a data stream`,
    );
  });
});
