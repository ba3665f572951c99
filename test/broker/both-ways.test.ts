import { type Duplex, duplexPair } from 'node:stream';
import mqtt, { type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { Connection } from '../../src/transport/contract.js';
import type { Take } from '../../src/transport/sockets/node-reads.js';
import { fc } from '../helpers/properties.js';

// Plain messages go past aedes (src/broker/intake/fast-lane.ts). Whatever clients do, what comes out and what is kept must be the
// same as through aedes: the same acts are played to two brokers, one with and one without that way.

/** More are worth a run by hand: MQBENCH_TEST_RUNS=10000. */
const sequences = Number(process.env.MQBENCH_TEST_RUNS ?? 100);
const clientIds = ['a', 'b', 'c'] as const;
const topics = ['t', 't/1', 't/1/2', 'u', '$x/1'] as const;
const filters = ['t', 't/+', 't/#', '#', '+', '+/1', 'u', '$share/g/t/#', '$share/g/u'] as const;
type Id = (typeof clientIds)[number];
type Says = 'connack' | 'acknowledgement' | 'message' | 'suback';

type Act =
  | { readonly do: 'connect'; readonly who: Id; readonly clean: boolean; readonly version: 4 | 5 }
  | { readonly do: 'send'; readonly who: Id; readonly packets: readonly Asked[]; readonly cuts: readonly number[] }
  | { readonly do: 'cut' | 'leave' | 'acknowledge'; readonly who: Id };
type Asked =
  | { readonly say: 'subscribe'; readonly filter: string; readonly qos: 0 | 1 | 2 }
  | { readonly say: 'unsubscribe'; readonly filter: string }
  | {
      readonly say: 'publish';
      readonly topic: string;
      readonly qos: 0 | 1 | 2;
      readonly retain: boolean;
      readonly dup: boolean;
      readonly bytes: number;
      readonly more: boolean;
    }
  | { readonly say: 'ping' };

const who = fc.constantFrom(...clientIds);
const qos = fc.constantFrom(0 as const, 1 as const, 1 as const, 2 as const);
const publish = fc.record({
  say: fc.constant('publish' as const),
  topic: fc.constantFrom(...topics),
  qos,
  retain: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  dup: fc.boolean(),
  bytes: fc.constantFrom(8, 40, 200, 2000),
  more: fc.boolean(),
});
const filter = fc.constantFrom(...filters);
const subscribe = fc.record({ say: fc.constant('subscribe' as const), filter, qos });
const unsubscribe = fc.record({ say: fc.constant('unsubscribe' as const), filter });
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 5, arbitrary: publish },
  { weight: 2, arbitrary: subscribe },
  { weight: 1, arbitrary: unsubscribe },
  fc.record({ say: fc.constant('ping' as const) }),
);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      who,
      clean: fc.boolean(),
      version: fc.constantFrom(4 as const, 5 as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      who,
      packets: fc.array(asked, { minLength: 1, maxLength: 6 }),
      cuts: fc.array(fc.nat(300), { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'leave' as const), who }) },
);

/**
 * Which member of a shared group gets a message goes by turns, over all messages that come to the group; aedes is through with QoS 0 sooner
 * than with an earlier QoS 1. So that both ways have one order, a sequence with groups has messages of QoS 1 alone.
 */
const comparable = (one: Act, hasGroups: boolean): Act => {
  if (one.do !== 'send') return one;
  const packets = one.packets.map((packet): Asked => {
    if (packet.say === 'publish') return hasGroups ? { ...packet, qos: 1, retain: false } : packet;
    return packet.say === 'ping' || hasGroups ? packet : { ...packet, filter: packet.filter.replace('$share/g/', '') };
  });
  return { ...one, packets };
};

/** As a socket does it (src/transport/sockets/node-reads.ts). */
function offerFirst(stream: Duplex, take: Take): void {
  const push = stream.push.bind(stream);
  stream.push = (chunk: Buffer | null): boolean => {
    const taken = chunk === null ? 0 : take(chunk);
    if (chunk === null || taken < chunk.length) return push(chunk?.subarray(taken) ?? null);
    setImmediate(() => stream._read(0)); // lets the other side write on
    return true;
  };
}

/** A client on a stream in memory; what it hears is kept by kind, each kind in its order. */
class Player {
  readonly heard: Record<Says, string[]> = { connack: [], acknowledgement: [], message: [], suback: [] };
  private readonly open: Packet[] = [];
  private id = 0;
  private readonly stream: Duplex;

  constructor(
    broker: Broker,
    private readonly prefix: string,
    clientId: string,
    { clean, version }: { clean: boolean; version: 4 | 5 },
  ) {
    const [ours, theirs] = duplexPair();
    this.stream = ours;
    const parser = mqtt.parser({ protocolVersion: version });
    parser.on('packet', (packet) => this.hear(packet));
    ours.on('data', (bytes: Buffer) => parser.parse(bytes));
    ours.on('error', () => {});
    const address = { host: 'memory', port: 0 };
    const connection = {
      ...{ transport: 'tcp', duplex: theirs, localAddress: address, peerAddress: address, handshake: 'none' },
      ...{ timings: { started: 0, ready: 0 }, bytesSent: 0, bytesReceived: 0 },
      abort: () => theirs.destroy(),
      readDirectly: (take: Take) => offerFirst(theirs, take),
    } as unknown as Connection;
    (broker as unknown as { accept(connection: Connection): void }).accept(connection);
    this.version = version;
    const properties = { sessionExpiryInterval: clean ? 0 : 1000 };
    this.write([
      {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: version,
        clientId,
        clean,
        keepalive: 0,
        ...(version === 5 ? { properties } : {}),
      },
    ]);
  }
  private readonly version: 4 | 5;

  private hear(packet: Packet): void {
    const { cmd } = packet;
    if (cmd === 'connack')
      this.heard.connack.push(`${packet.sessionPresent} ${packet.returnCode ?? packet.reasonCode}`);
    else if (cmd === 'suback' || cmd === 'unsuback')
      this.heard.suback.push(`${cmd} ${packet.messageId} ${'granted' in packet ? packet.granted : ''}`);
    else if (cmd === 'publish') {
      const { topic, qos: level, retain, dup, payload, properties } = packet;
      const text = payload.toString();
      this.heard.message.push(
        JSON.stringify([topic.replace(this.prefix, ''), text.slice(0, 2), level, retain, dup, text, properties]),
      );
      if (level > 0) this.open.push(packet);
    } else {
      // PUBREL has a packet id of the broker's, which go by the order of messages of any QoS.
      const id = cmd !== 'pubrel' && 'messageId' in packet ? packet.messageId : '';
      this.heard.acknowledgement.push(`${cmd} ${id}`);
      if (cmd === 'pubrec') this.write([{ cmd: 'pubrel', messageId: packet.messageId as number }]);
      if (cmd === 'pubrel') this.write([{ cmd: 'pubcomp', messageId: packet.messageId as number }]);
    }
  }

  /** Everything that has come and asks for it. */
  acknowledge(): void {
    this.write(
      this.open
        .splice(0)
        .map(
          ({ messageId, ...packet }) =>
            ({ cmd: 'qos' in packet && packet.qos === 2 ? 'pubrec' : 'puback', messageId }) as Packet,
        ),
    );
  }

  /** Subscriptions come first: what aedes has begun with a message may still reach a subscription that came behind it. */
  send(all: readonly Asked[], cuts: readonly number[]): void {
    const packets = [...all.filter(({ say }) => say !== 'publish'), ...all.filter(({ say }) => say === 'publish')];
    this.write(
      packets.map((one) => this.packetOf(one)),
      cuts,
    );
  }

  private packetOf(one: Asked): Packet {
    const named = (topic: string): string =>
      topic.startsWith('$share/g/')
        ? `$share/g/${this.prefix}${topic.slice(9)}`
        : topic === '#' || topic.startsWith('+')
          ? this.prefix + topic
          : topic.startsWith('$')
            ? topic
            : this.prefix + topic;
    if (one.say === 'ping') return { cmd: 'pingreq' };
    const messageId = ++this.id;
    if (one.say === 'unsubscribe') return { cmd: 'unsubscribe', messageId, unsubscriptions: [named(one.filter)] };
    if (one.say === 'subscribe')
      return { cmd: 'subscribe', messageId, subscriptions: [{ topic: named(one.filter), qos: one.qos }] };
    const properties = one.more && this.version === 5 ? { properties: { contentType: 'x' } } : {};
    const dup = one.dup && one.qos > 0;
    const payload = `q${one.qos} ${messageId}`.padEnd(one.bytes, '.');
    return {
      cmd: 'publish',
      topic: named(one.topic),
      qos: one.qos,
      retain: one.retain,
      dup,
      payload,
      ...(one.qos > 0 ? { messageId } : {}),
      ...properties,
    };
  }

  private write(packets: readonly Packet[], cuts: readonly number[] = []): void {
    if (this.stream.destroyed) return;
    const bytes = Buffer.concat(packets.map((packet) => mqtt.generate(packet, { protocolVersion: this.version })));
    const at = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
    for (let i = 1; i < at.length; i++) this.stream.write(bytes.subarray(at[i - 1], at[i]));
  }

  end(politely: boolean): void {
    if (politely) this.write([{ cmd: 'disconnect' }]);
    else this.stream.destroy();
  }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/**
 * Messages of one topic and one QoS of their publisher have an order ([MQTT-4.6.0-6]). Others have none among each other: aedes is through
 * with QoS 0 sooner than with QoS 1, and then they have other packet ids, too.
 */
const orderOf = (message: string): string => (JSON.parse(message) as string[]).slice(0, 2).join(' ');

/** The same by what has an order, each in it: sorting is stable. */
const inOrders = (all: readonly string[], of: (one: string) => string): readonly string[] =>
  [...all].sort((a, b) => of(a).localeCompare(of(b)));

/** What all clients have heard, and what the broker keeps for them. */
async function play(broker: Broker, acts: readonly Act[], run: string): Promise<unknown> {
  const before = broker.sessions.messages;
  const prefix = `${run}/`;
  const players: Player[] = [];
  const now = new Map<Id, Player>();
  for (const one of acts) {
    const player = now.get(one.who);
    if (one.do === 'connect') {
      const next = new Player(broker, prefix, run + one.who, one);
      players.push(next);
      now.set(one.who, next);
    } else if (one.do === 'send') player?.send(one.packets, one.cuts);
    else if (one.do === 'acknowledge') player?.acknowledge();
    else player?.end(one.do === 'leave');
    await turns(24);
  }
  await turns(24);
  const kept = broker.sessions.messages - before;
  for (const player of players) player.end(false);
  // Sessions that are kept end with a clean one.
  for (const id of clientIds) {
    const last = new Player(broker, prefix, run + id, { clean: true, version: 4 });
    await turns(8);
    last.end(false);
  }
  await turns(8);
  const heard = players.map((player) => {
    const { acknowledgement, message, ...rest } = player.heard;
    // Each kind in its order ([MQTT-4.6.0-2], [MQTT-4.6.0-3]); PUBCOMP answers what the client sends when PUBREC has come.
    const kinds = inOrders(acknowledgement, (text) =>
      text.startsWith('pubcomp') ? text : (text.split(' ')[0] as string),
    );
    return { ...rest, acknowledgement: kinds, message: inOrders(message, orderOf) };
  });
  return { heard, kept, left: broker.sessions.messages - before };
}

describe('messages past aedes and through it', () => {
  let fast: Broker;
  let slow: Broker;
  let run = 0;

  beforeAll(async () => {
    fast = await Broker.start({ listeners: {} });
    slow = await Broker.start({ listeners: {}, fastLane: false });
  });
  afterAll(() => Promise.all([fast.close(), slow.close()]));

  it(`are the same packets and leave the same state, in ${sequences} sequences of what clients do`, {
    timeout: Math.max(60_000, sequences * 200),
  }, async () => {
    const property = fc.asyncProperty(
      fc.array(act, { minLength: 2, maxLength: 14 }),
      fc.boolean(),
      async (acts, hasGroups) => {
        const name = `s${++run}`;
        const all: Act[] = [
          { do: 'connect', who: 'a', clean: true, version: 4 },
          { do: 'connect', who: 'b', clean: false, version: 5 },
          ...acts.map((one) => comparable(one, hasGroups)),
        ];
        const [one, other] = await Promise.all([play(fast, all, name), play(slow, all, name)]);
        expect(one).toEqual(other);
      },
    );
    await fc.assert(property, { numRuns: sequences });
  });
});
