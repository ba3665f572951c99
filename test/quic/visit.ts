import { generate, type Packet, parser } from 'mqtt-packet';
import { expect } from 'vitest';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { certificates, until } from './wire.js';

/**
 * Our client against another stack's server on loopback: a full handshake, a resumed one and one with early data, each
 * with CONNECT and a QoS 1 PUBLISH on stream 0 and another PUBLISH on a data stream.
 */
export async function visitThrice(port: number): Promise<void> {
  const transport = quicTransport();
  const store = new Map<string, Uint8Array>();
  const kinds: string[] = [];
  for (const earlyData of [false, false, true]) {
    const connection = await transport.dial({
      host: '127.0.0.1',
      port,
      tls: { ca: certificates.ca },
      quic: { earlyData },
      tickets: { store, key: 'c' },
    });
    const heard: Packet[] = [];
    for (const stream of [connection.duplex, connection.streams.open()]) {
      const packets = parser();
      packets.on('packet', (packet) => heard.push(packet));
      stream.on('data', (chunk: Buffer) => packets.parse(chunk));
      stream.on('error', () => {});
      if (stream === connection.duplex) stream.write(generate(connect));
      stream.write(generate(publish));
    }
    await until(() => heard.length === 3);
    expect(heard.map(({ cmd }) => cmd).sort()).toEqual(['connack', 'puback', 'puback']);
    await until(() => connection.confirmed);
    kinds.push(connection.stats().handshake);
    connection.abort();
  }
  expect(kinds).toEqual(['full', 'resumed', 'early-data']);
  await transport.close();
}

const connect = {
  cmd: 'connect',
  clientId: 'c',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 0,
} as const;
const publish = { cmd: 'publish', topic: 't', payload: 'x', qos: 1, messageId: 7, dup: false, retain: false } as const;
