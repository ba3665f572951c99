import { generate, type Packet, parser } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { Answers, DataPacketFilter } from '../../src/broker/quic/data-packets.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import type { QuicStream } from '../../src/transport/quic/connection/streams/stream.js';
import { type QuicTransport, quicTransport } from '../../src/transport/quic/transport.js';
import { pause, until } from './wire.js';

let broker: Broker;
let transport: QuicTransport;
afterEach(async () => {
  await transport?.close();
  await broker?.close();
});

/** A client whose CONNACK has come. */
async function connected(): Promise<QuicConnection> {
  broker = await Broker.start({ listeners: { quic: { port: 0 } } });
  transport = quicTransport();
  const { addresses, ca } = broker.ready;
  const { host, port } = addresses.quic as { host: string; port: number };
  const connection = await transport.dial({ host, port, tls: { ca } });
  const control = heardOn(connection.duplex);
  connection.duplex.write(
    generate({
      cmd: 'connect',
      clientId: 'device',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 0,
    }),
  );
  await until(() => control.length === 1);
  return connection;
}

function heardOn(stream: QuicStream): Packet[] {
  const heard: Packet[] = [];
  const packets = parser();
  packets.on('packet', (packet) => heard.push(packet));
  stream.on('data', (chunk: Buffer) => packets.parse(chunk));
  stream.on('error', () => {});
  return heard;
}

/** Opens a stream for the packets and finishes it with them. @returns what was answered until the broker finished its side */
async function ask(connection: QuicConnection, ...packets: Packet[]): Promise<string[]> {
  const stream = connection.streams.open();
  const heard = heardOn(stream);
  stream.end(Buffer.concat(packets.map((packet) => generate(packet))));
  await until(() => stream.destroyed);
  return heard.map((packet) => `${packet.cmd} ${packet.messageId}`);
}

const publish = (qos: 0 | 1 | 2, messageId?: number): Packet =>
  ({ cmd: 'publish', topic: 't', payload: 'x', qos, messageId, dup: false, retain: false }) as Packet;
const subscribe: Packet = { cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 't', qos: 1 }] };
const unsubscribe: Packet = { cmd: 'unsubscribe', messageId: 8, unsubscriptions: ['t'] };

describe('a data stream that is finished together with its packets', () => {
  it.each([
    ['SUBSCRIBE', [subscribe], ['suback 7']],
    ['UNSUBSCRIBE', [unsubscribe], ['unsuback 8']],
    ['PUBLISH QoS 0', [publish(0)], []],
    ['PUBLISH QoS 1', [publish(1, 1)], ['puback 1']],
    ['PUBLISH QoS 2', [publish(2, 2)], ['pubrec 2']],
    ['PUBLISH QoS 2 and its PUBREL', [publish(2, 2), { cmd: 'pubrel', messageId: 2 }], ['pubrec 2', 'pubcomp 2']],
    ['several', [publish(1, 1), publish(0), publish(1, 2), unsubscribe], ['puback 1', 'puback 2', 'unsuback 8']],
  ] as [string, Packet[], string[]][])(
    'with %s is answered before the broker finishes its side',
    async (_name, packets, answers) => {
      const connection = await connected();
      expect((await ask(connection, ...packets)).sort()).toEqual([...answers].sort());
      expect(connection.duplex.destroyed).toBe(false);
    },
  );

  it.each([0, 1, 2] as const)(
    'is as good for the fiftieth message as for the first, QoS %i, and none is lost',
    async (qos) => {
      const connection = await connected();
      const reader = connection.streams.open();
      const delivered = heardOn(reader);
      reader.write(generate(subscribe));
      await until(() => delivered.length === 1);
      for (let id = 1; id <= 50; id++) {
        const answers = qos === 0 ? [] : [`${qos === 1 ? 'puback' : 'pubrec'} ${id}`];
        expect(await ask(connection, publish(qos, qos === 0 ? undefined : id))).toEqual(answers);
      }
      await until(() => delivered.length === 51);
      expect(broker.counters()).toMatchObject({ 'mqtt.dataStreams': 1, 'mqtt.dataStreamsOpened': 51 });
    },
    60_000,
  );

  it('is answered too when nine of them are open at once', async () => {
    const connection = await connected();
    const answered = await Promise.all(Array.from({ length: 9 }, (_, i) => ask(connection, publish(1, i + 1))));
    expect(answered.flat().sort()).toEqual(Array.from({ length: 9 }, (_, i) => `puback ${i + 1}`));
  });

  it.each([0, 20])('is answered when its FIN comes %i ms behind the packet', async (ms) => {
    const connection = await connected();
    const stream = connection.streams.open();
    const heard = heardOn(stream);
    stream.write(generate(publish(1, 3)));
    await pause(ms);
    stream.end();
    await until(() => stream.destroyed);
    expect(heard).toMatchObject([{ cmd: 'puback', messageId: 3 }]);
  });

  it('and with half a packet ends, after an answer to those before it', async () => {
    const connection = await connected();
    const stream = connection.streams.open();
    const heard = heardOn(stream);
    stream.end(Buffer.concat([generate(publish(1, 3)), generate(publish(1, 4)).subarray(0, 4)]));
    await until(() => stream.destroyed);
    expect(heard).toMatchObject([{ cmd: 'puback', messageId: 3 }]);
  });
});

describe('the count of answers a stream owes', () => {
  it('goes by whole packets, however what comes and goes is cut', () => {
    const asked = Buffer.concat([
      ...[subscribe, publish(0), publish(1, 1), publish(2, 2), unsubscribe].map((packet) => generate(packet)),
      generate({ cmd: 'puback', messageId: 9 }),
      generate({ cmd: 'pubrel', messageId: 2 }),
    ]);
    const written = Buffer.concat([
      generate({ cmd: 'suback', messageId: 7, granted: [1] }),
      generate({ ...publish(1, 1), payload: 'y'.repeat(200) } as Packet),
      generate({ cmd: 'puback', messageId: 1 }),
      generate({ cmd: 'pubrec', messageId: 2 }),
      generate({ cmd: 'pubrel', messageId: 5 }),
      generate({ cmd: 'pubcomp', messageId: 2 }),
      generate({ cmd: 'unsuback', messageId: 8, granted: [] } as Packet),
    ]);
    for (const size of [1, 2, 3, 7, 1000]) {
      const answers = new Answers();
      const filter = new DataPacketFilter((first) => answers.asked(first));
      for (let at = 0; at < asked.length; at += size) filter.pass(asked.subarray(at, at + size));
      expect(answers.owed).toBe(5);
      for (let at = 0; at < written.length; at += size) answers.wrote(written.subarray(at, at + size));
      expect(answers.owed).toBe(0);
    }
  });
});
