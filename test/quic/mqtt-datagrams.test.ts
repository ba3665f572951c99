import { generate, type Packet, parser } from 'mqtt-packet';
import { afterEach, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { type QuicTransport, quicTransport } from '../../src/transport/quic/transport.js';
import { until } from './wire.js';

let broker: Broker;
let transport: QuicTransport;
afterEach(async () => {
  await transport.close();
  await broker.close();
});

it('QoS 0 goes in datagrams both ways; what is larger, or has QoS 1, goes on the stream', async () => {
  broker = await Broker.start({ listeners: { quic: { port: 0 } }, quic: { datagrams: true } });
  transport = quicTransport({ datagrams: true });
  const { addresses, ca } = broker.ready;
  const { host, port } = addresses.quic as { host: string; port: number };
  const connection = await transport.dial({ host, port, tls: { ca } });
  connection.duplex.on('error', () => {});
  const [onStream, inDatagrams]: [Packet[], Packet[]] = [[], []];
  const streamPackets = parser();
  streamPackets.on('packet', (packet) => onStream.push(packet));
  connection.duplex.on('data', (chunk: Buffer) => streamPackets.parse(chunk));
  const datagramPackets = parser();
  datagramPackets.on('packet', (packet) => inDatagrams.push(packet));
  connection.datagrams?.onMessage((bytes) => datagramPackets.parse(bytes));
  const connect = { protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0, clientId: 'd' } as const;
  connection.duplex.write(generate({ cmd: 'connect', ...connect }));
  connection.duplex.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] }));
  await until(() => onStream.some(({ cmd }) => cmd === 'suback'));

  const small = { cmd: 'publish', topic: 't', payload: 'small', qos: 0, dup: false, retain: false } as const;
  connection.datagrams?.send(generate(small));
  connection.datagrams?.send(Buffer.from('no MQTT at all'));
  await until(() => inDatagrams.length === 1);
  expect(inDatagrams[0]).toMatchObject({ topic: 't', qos: 0 });
  expect(onStream.map(({ cmd }) => cmd)).toEqual(['connack', 'suback']);

  connection.duplex.write(generate({ ...small, payload: 'x'.repeat(2000) }));
  connection.duplex.write(generate({ ...small, qos: 1, messageId: 7 }));
  await until(() => onStream.length === 5);
  expect(
    onStream
      .slice(2)
      .map(({ cmd }) => cmd)
      .sort(),
  ).toEqual(['puback', 'publish', 'publish']);
  expect(inDatagrams).toHaveLength(1);
});
