import { packetTypes } from '../../mqtt/codec/packet-types.js';
import { type Aedes, type Client, keepAlive, nextMessageNumber } from '../aedes/aedes.js';
import type { BackPressure } from '../delivery/back-pressure.js';
import type { DirectEmitter } from '../delivery/emitter.js';
import type { Outbox } from '../delivery/outbox.js';
import type { Session } from '../sessions/session.js';
import type { SessionStore } from '../sessions/store.js';
import type { Traffic } from '../traffic.js';

/** What the fast lanes of a broker share. */
export interface LaneOwner {
  readonly aedes: Aedes;
  readonly emitter: DirectEmitter;
  readonly store: SessionStore;
  readonly pressure: BackPressure;
  readonly traffic: Traffic;
}

/** Deeper topics end the connection, which aedes sees to. */
const mostLevels = 100;
const slash = 0x2f;
const dollar = 0x24;
const dupQosRetain = 0x0f;
const nothing: Buffer = Buffer.alloc(0);

/**
 * The way of what a fleet sends most, PUBLISH of QoS 0 and 1 and PUBACK, past aedes: the same is done in the same order, without a
 * parser that copies, an object per step and a turn of the event loop between. Everything that is more than
 * a message to be handed on goes to aedes: retained messages, topics of the broker's own, QoS 2, properties, 0-RTT data, and
 * whatever comes while aedes is not through with what came before.
 */
export class FastLane {
  /** The topic that came last, as bytes and as text: most clients publish to one. */
  private topicBytes = nothing;
  private topic = '';

  /** @param isConfirmed whether what comes is no 0-RTT data */
  constructor(
    private readonly client: Client,
    private readonly session: Session,
    private readonly outbox: Outbox,
    private readonly owner: LaneOwner,
    private readonly isConfirmed: () => boolean,
  ) {}

  /**
   * @param body offset after the fixed header of a whole packet that keeps the rules; @param end offset behind it
   * @returns whether it has been acted upon
   */
  take(packet: Buffer, at: number, body: number, end: number, version: number): boolean {
    const first = packet[at] as number;
    if (first >> 4 === packetTypes.puback) return this.acknowledge(packet, body, end);
    const flags = first & dupQosRetain;
    const isOne = (flags & 0b111) === 0b010; // QoS 1 without RETAIN, DUP or not
    if (first >> 4 !== packetTypes.publish || !(isOne || flags === 0) || !this.isConfirmed()) return false;
    return this.publish(packet, body, end, version, isOne ? 1 : 0);
  }

  /** A packet of this client was acted upon: its keepalive begins anew. To be called once for what came together. */
  refresh(): void {
    keepAlive(this.client);
  }

  private publish(packet: Buffer, body: number, end: number, version: number, qos: 0 | 1): boolean {
    const { client, owner, outbox } = this;
    const topicEnd = body + 2 + ((packet[body] as number) << 8) + (packet[body + 1] as number);
    const idEnd = topicEnd + 2 * qos;
    const payloadAt = version === 5 ? idEnd + 1 : idEnd;
    // Properties, or a topic of which only the alias is there.
    if (version === 5 && (packet[idEnd] !== 0 || topicEnd === body + 2)) return false;
    const topic = this.topicOf(packet, body + 2, topicEnd);
    if (topic === undefined) return false;
    owner.traffic.publishesReceived++;
    if (qos === 1) outbox.acknowledge(packet, topicEnd);
    const payload = Buffer.from(packet.subarray(payloadAt, end)); // what was read is overwritten by what comes next
    const brokerCounter = nextMessageNumber(owner.aedes);
    const message = { topic, payload, qos, retain: false, clientId: client.id, brokerCounter };
    if (qos === 1) owner.store.keepForAll(message);
    if (owner.emitter.pass(message)) owner.pressure.published();
    return true;
  }

  /** @returns undefined for a topic that aedes has to look at */
  private topicOf(packet: Buffer, from: number, end: number): string | undefined {
    const { topicBytes } = this;
    const length = end - from;
    if (length === topicBytes.length && topicBytes.compare(packet, from, end) === 0) return this.topic;
    if (packet[from] === dollar) return undefined;
    let levels = 1;
    for (let i = from; i < end; i++) if (packet[i] === slash) levels++;
    if (levels > mostLevels) return undefined;
    this.topicBytes = Buffer.from(packet.subarray(from, end));
    this.topic = packet.toString('utf8', from, end);
    return this.topic;
  }

  private acknowledge(packet: Buffer, body: number, end: number): boolean {
    if (end - body > 3) return false; // with properties
    const { session, owner } = this; // one that ends with its connection keeps nothing, unless it was there before
    const kept = session.withId(((packet[body] as number) << 8) | (packet[body + 1] as number));
    if (kept) owner.store.done(session, kept);
    return true;
  }
}
