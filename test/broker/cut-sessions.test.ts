import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/numbers/random.js';
import { Broker } from '../../src/broker/broker.js';
import type { Connection, DialOptions, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import type { Level } from '../conformance/bytes.js';
import { RawClient } from '../conformance/raw-client.js';
import { pause } from '../conformance/scene.js';

const messages = 150;

/** How a subscriber acknowledges. */
type Manner = 'at once' | 'late' | 'not always' | 'also what it never got';

/** A subscriber whose session outlives its connections, and what it holds against the specification over all of them. */
class CutSubscriber {
  /** Payloads in the order in which they came for the first time, by QoS. */
  readonly first: Record<1 | 2, number[]> = { 1: [], 2: [] };
  readonly faults = new Set<string>();
  isPatient = false;
  connections = 0;
  /** QoS 2 messages that it has not been told to forget: payloads by packet id. */
  private readonly held = new Map<number, number>();
  private connection: Connection | undefined;

  constructor(
    readonly clientId: string,
    private readonly dial: () => Promise<Connection>,
    private readonly level: Level,
    private readonly receiveMaximum: number,
    private readonly manner: Manner,
    private readonly random: Random,
  ) {}

  /** A new connection; the one before is cut before, or by the broker. */
  async connect(takesOver: boolean): Promise<void> {
    const before = this.connection;
    if (!takesOver) before?.abort();
    const connection = await this.dial();
    this.connection = connection;
    this.connections++;
    const underWay = new Set<number>();
    const parse = parser({ protocolVersion: this.level });
    await new Promise<void>((resolve) => {
      parse.on('packet', (packet) => {
        if (packet.cmd === 'publish') this.got(packet, underWay);
        else if (packet.cmd === 'pubrel') {
          this.held.delete(packet.messageId as number);
          underWay.delete(packet.messageId as number);
          this.send({ cmd: 'pubcomp', messageId: packet.messageId });
        } else if (packet.cmd === 'connack' && this.connections === 1) {
          this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: this.clientId, qos: 2 }] });
        } else if (packet.cmd === 'connack' || packet.cmd === 'suback') resolve();
      });
      // What still comes on an older connection is lost on its way.
      connection.duplex.on('data', (bytes) => this.connection === connection && parse.parse(bytes));
      connection.duplex.on('error', () => {});
      const properties = { sessionExpiryInterval: 600, receiveMaximum: this.receiveMaximum };
      const { clientId, level: protocolVersion } = this;
      const packet = {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion,
        clientId,
        clean: false,
        keepalive: 0,
      } as const;
      this.send(protocolVersion === 5 ? { ...packet, properties } : packet);
    });
    before?.abort();
  }

  private got({ messageId = 0, payload, qos, dup }: IPublishPacket, underWay: Set<number>): void {
    const number = Number(payload);
    if (underWay.has(messageId)) this.faults.add('a packet id that is under way already');
    underWay.add(messageId);
    if (underWay.size > this.receiveMaximum) this.faults.add('more messages under way than it takes');
    const list = this.first[qos as 1 | 2];
    const isNew = qos === 1 ? !list.includes(number) : !this.held.has(messageId);
    if (!isNew && !dup) this.faults.add('a message once more without DUP');
    if (qos === 2 && isNew && list.includes(number)) this.faults.add('a QoS 2 message twice');
    if (qos === 2 && !isNew && this.held.get(messageId) !== number)
      this.faults.add('another message under a packet id');
    if (qos === 2) this.held.set(messageId, number);
    if (isNew) list.push(number);
    this.answer(qos === 1 ? 'puback' : 'pubrec', messageId, underWay);
  }

  private answer(cmd: 'puback' | 'pubrec', messageId: number, underWay: Set<number>): void {
    const { manner, random } = this;
    if (manner === 'not always' && !this.isPatient && random.next() < 0.1) return;
    if (manner === 'also what it never got') this.send({ cmd, messageId: 40_000 + messageId });
    const { connection } = this;
    const acknowledge = (): void => {
      if (this.connection !== connection) return;
      if (cmd === 'puback') underWay.delete(messageId);
      this.send({ cmd, messageId });
    };
    if (manner === 'late') setTimeout(acknowledge, random.next() * 15);
    else acknowledge();
  }

  private send(packet: Packet): void {
    this.connection?.duplex.write(generate(packet, { protocolVersion: this.level }));
  }

  cut(): void {
    this.connection?.abort();
  }
}

const cases = ([4, 5] as const).flatMap((level) =>
  (level === 5 ? [1, 2, 10] : [65_535]).flatMap((most) =>
    (['at once', 'late', 'not always', 'also what it never got'] as const).map((manner) => ({ level, most, manner })),
  ),
);

describe.each(['tcp', 'quic'] as const)(
  'a kept session that is cut again and again while messages come, over %s',
  (transport) => {
    let broker: Broker;
    beforeAll(async () => {
      broker = await Broker.start({ listeners: { tcp: { port: 0 }, [transport]: { port: 0 } } });
    });
    const ends: (() => void)[] = [];
    afterAll(() => {
      for (const end of ends) end();
      return broker?.close();
    });

    const dial = (name: TransportName): Promise<Connection> => {
      const { addresses, ca } = broker.ready;
      return transportFor(name).dial({ ...(addresses[name] as DialOptions), tls: { ca } });
    };

    it.concurrent.each(cases)(
      'loses nothing and gets no QoS 2 message twice: MQTT $level, receive maximum $most, acknowledges $manner',
      async ({ level, most, manner }) => {
        const random = new Random(level * 100 + most);
        const clientId = `${level} ${most} ${manner}`;
        const subscriber = new CutSubscriber(clientId, () => dial(transport), level, most, manner, random);
        await subscriber.connect(false);
        const publisher = new RawClient(await dial('tcp'), 4);
        await publisher.connect(`to ${clientId}`);
        let sent = 0;
        const publishing = (async () => {
          for (; sent < messages; sent++) await publisher.publish(clientId, `${sent}`, { qos: sent % 2 === 0 ? 1 : 2 });
        })();
        while (sent < messages) {
          await pause(random.next() * 20);
          await subscriber.connect(random.next() < 0.4);
        }
        await publishing;
        subscriber.isPatient = true;
        await subscriber.connect(false);
        const numbers = Array.from({ length: messages }, (_, i) => i);
        while (subscriber.first[1].length + subscriber.first[2].length < messages) await pause(10);
        expect(subscriber.first).toEqual({
          1: numbers.filter((i) => i % 2 === 0),
          2: numbers.filter((i) => i % 2 === 1),
        });
        expect([...subscriber.faults]).toEqual([]);
        expect(subscriber.connections).toBeGreaterThan(3);
        ends.push(
          () => subscriber.cut(),
          () => publisher.cut(),
        );
      },
    );

    it('keeps nothing when all is acknowledged', async () => {
      await expect.poll(() => broker.sessions.messages).toBe(0);
      expect(broker.counters()).toMatchObject({ 'mqtt.droppedForAway': 0, 'mqtt.droppedForReceiveMaximum': 0 });
    });
  },
);
