import { generate, type Packet, parser } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { pause, until } from './wire.js';

// What NanoSDK and NanoNNG do (transport rewrite): the control stream and four more right after the handshake; SUBSCRIBE
// on 4 or 8, PUBLISH on 12 or 16, the rest on 0; no stream credit for the server; and a chunk that arrives together with
// a FIN is thrown away. The profile reads quiche itself, because our Duplex would hide the last point.
class NanoSdk {
  readonly heard: { stream: number; packet: Packet }[] = [];
  readonly thrownAway: number[] = [];

  constructor(readonly connection: QuicConnection) {
    for (const stream of [connection.duplex, ...Array.from({ length: 4 }, () => connection.streams.open())]) {
      const packets = parser();
      packets.on('packet', (packet) => this.heard.push({ stream: stream.id, packet }));
      const bytes = Buffer.alloc(65_536);
      stream.pull = () => {
        if (!connection.quiche.streamReadable(stream.id)) return;
        const got = connection.quiche.streamRecv(stream.id, bytes);
        if (got === null) return;
        if (got[1] && got[0] > 0) this.thrownAway.push(stream.id);
        else packets.parse(Buffer.from(bytes.subarray(0, got[0])));
        if (got[1]) stream.endReading();
      };
      stream.on('error', () => {});
      stream.resume();
      this.streams.set(stream.id, stream);
    }
  }

  private readonly streams = new Map<number, NodeJS.WritableStream>();

  say(stream: number, packet: Packet): void {
    this.streams.get(stream)?.write(generate(packet));
  }

  has(cmd: string, stream: number): boolean {
    return this.heard.some((entry) => entry.packet.cmd === cmd && entry.stream === stream);
  }
}

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(): Promise<NanoSdk> {
  const broker = await Broker.start({ listeners: { quic: { port: 0 } } });
  const transport = quicTransport();
  undo.push(
    () => broker.close(),
    () => transport.close(),
  );
  const { addresses, ca } = broker.ready;
  const { host, port } = addresses.quic as { host: string; port: number };
  return new NanoSdk(await transport.dial({ host, port, tls: { ca }, quic: { maxStreams: 0 } }));
}

const connect = (clientId: string): Packet =>
  ({ cmd: 'connect', clientId, protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 }) as Packet;

describe('a client with the profile of NanoSDK', () => {
  it('opens five streams at once, subscribes on 4 and publishes on 12', async () => {
    const client = await start();
    client.say(0, connect('nano'));
    await until(() => client.has('connack', 0));
    client.say(4, { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] });
    await until(() => client.has('suback', 4));
    client.say(12, { cmd: 'publish', topic: 't', payload: 'x', qos: 1, messageId: 2, dup: false, retain: false });
    await until(() => client.has('puback', 12) && client.has('publish', 4));
    expect(client.thrownAway).toEqual([]);
  });

  it('hears the CONNACK that refuses it: the FIN does not come in the same chunk', async () => {
    const client = await start();
    client.say(0, { ...connect('nano'), protocolVersion: 5 } as Packet);
    await until(() => client.heard.length > 0 || client.connection.duplex.destroyed);
    await pause(400);
    expect(client.thrownAway).toEqual([]);
    expect(client.has('connack', 0)).toBe(true);
  });
});
