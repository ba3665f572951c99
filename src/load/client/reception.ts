import { clockSlackMicros } from '../../base/clock.js';
import { type ArrivalKind, arrivalKinds } from '../../metrics/arrivals.js';
import type { Session } from '../../mqtt/session/session.js';
import type { Subscription } from '../../mqtt/session/stream.js';
import type { StreamMapper } from '../../mqtt/session/stream-map.js';
import { readStampProperty } from '../../mqtt/stamp/property-stamp.js';
import { readStamp, type Stamp } from '../../mqtt/stamp/stamp.js';
import type { ClientHost } from './host.js';
import { type ClientName, filtersOf } from './naming.js';
import { matchingFilters } from './subscriptions.js';

const stamp: Stamp = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };
/** A stamp older than this, or from the future, or without a time was made by another clock than this machine's. */
const oldestMicros = 3_600e6;
/** A publisher's number has 32 bits. */
const slotFactor = 0x1_0000_0000;

export const subscribePacketId = 0xffff;

/** What arrives at one virtual client. */
export class Reception {
  private lastArrival = 0;
  /** Longest silence over the whole run. */
  longestGap = 0;
  /** When publishing ended; 0: it has not. */
  private closedAt = 0;
  private tracks: Map<number, number> | undefined;
  /** Of the tracks on which messages came twice: filters that match, and copies that were put down to them. */
  private copies: Map<number, { readonly filters: number; further: number }> | undefined;
  private lastKey = -1;
  private lastTrack = -1;
  /** Over all fleets, the topic of the last track. */
  private lastFlow = 0;
  /** Messages that other processes stamped count as well. */
  private readonly anyRun: boolean;

  constructor(
    private readonly name: ClientName,
    private readonly session: Session,
    private readonly host: ClientHost,
  ) {
    this.anyRun = host.plan.anyRun === true;
  }

  /** Silence counts from here at the earliest: the client is up for the first time. */
  begin(now: number): void {
    this.lastArrival = now;
  }

  /** One SUBSCRIBE per stream. The broker keeps subscriptions with a session, but never those of data streams. */
  subscribe(kept: boolean, mapper: StreamMapper | undefined): void {
    const byStream = new Map<number, Subscription[]>();
    for (const { topic, qos, stream: own } of filtersOf(this.host.plan, this.name)) {
      const stream = mapper === undefined ? 0 : (own ?? mapper.ofSubscribe(topic, qos));
      if (kept && stream === 0) continue;
      byStream.set(stream, [...(byStream.get(stream) ?? []), { topic, qos }]);
    }
    for (const [stream, filters] of byStream) this.session.subscribe(subscribePacketId, filters, stream);
  }

  /** The track of what came from a publisher, by its number over all fleets, on one of its topics; undefined: nothing did. */
  trackOf(publisher: number, flow: number): number | undefined {
    return this.tracks?.get(publisher + flow * slotFactor);
  }

  /** Messages that are missing between the first and the last of each publisher and topic. */
  get gaps(): number {
    let sum = 0;
    for (const track of this.tracks?.values() ?? []) sum += this.host.books.arrivals.gapsOf(track);
    return sum;
  }

  /** The same by topic over all fleets, of messages of this run. */
  addGapsTo(byTopic: number[]): void {
    for (const [key, track] of this.tracks ?? []) {
      const topic = this.flowOf(key % slotFactor, Math.floor(key / slotFactor));
      byTopic[topic] = (byTopic[topic] ?? 0) + this.host.books.arrivals.gapsOf(track);
    }
  }

  /** A message came in. @returns false for one that was not counted: retained, a duplicate or somebody else's */
  arrive(buffer: Buffer, start: number, end: number, dup: boolean, now: number): boolean {
    const { anyRun } = this;
    const { books } = this.host;
    if (this.session.retained) {
      // What the broker had kept from before the subscription is as old as it is, and nobody waited for it.
      books.tally.counters.add('messages.retained', 1);
      return false;
    }
    const present = books.segment(now);
    if (!this.readStamp(buffer, start, end)) {
      books.tally.counts.foreign++;
      if (!anyRun) return false;
      present.counts.received++;
      present.noteArrival(now);
      return true;
    }
    const key = stamp.publisher + stamp.slot * slotFactor + (anyRun ? stamp.run * 2 ** 37 : 0);
    if (key !== this.lastKey) this.selectTrack(key, anyRun ? stamp.sequence : 0);
    const kind = books.arrivals.arrive(this.lastTrack, stamp.sequence);
    if (kind === arrivalKinds.duplicate && !dup && this.isFurtherCopy(key)) {
      books.tally.counters.add('messages.overlapping', 1);
      return false;
    }
    const ofTopic = books.topicArrivals[this.lastFlow];
    if (ofTopic !== undefined) count(ofTopic, kind);
    // Of another agent's client it may seem to have come a little before it was due.
    const took = now - stamp.dueMicros;
    const known = took >= -clockSlackMicros() && took < oldestMicros;
    if (known) this.session.proves(stamp.dueMicros);
    const segment = known ? books.segment(stamp.dueMicros) : present;
    count(segment.counts, kind);
    if (kind === arrivalKinds.duplicate) return false;
    present.noteArrival(now);
    if (known) {
      segment.e2e.record(Math.max(0, took));
      books.step.e2e.record(Math.max(0, took));
    } else {
      books.tally.counts.otherClock++;
    }
    if (now > this.lastArrival) {
      this.noteSilence(now, known ? stamp.dueMicros : now);
      this.lastArrival = now;
    }
    return true;
  }

  private readStamp(buffer: Buffer, start: number, end: number): boolean {
    const run = this.anyRun ? undefined : this.host.wire.run;
    if (readStamp(buffer, start, end, run, stamp)) return true;
    const { propertiesAt } = this.session;
    return propertiesAt > 0 && readStampProperty(buffer, propertiesAt, start, run, stamp);
  }

  /** The client has heard nothing since its last arrival. @param due when the message that ended it was */
  noteSilence(now: number, due: number): void {
    const since = Math.max(this.lastArrival, this.host.publishing.silenceFrom);
    if (now - since > this.longestGap) this.longestGap = now - since;
    this.host.books.noteGap(this.name.number, since, now, due);
  }

  /** Nothing is due any more: who waits for a message has waited at least until now. */
  closeSilence(now: number): void {
    this.noteSilence(now, now - 1);
    this.closedAt = now;
  }

  /** The silence that publishing ended in and that no message has ended since, microseconds; 0: there is none. */
  get openSilence(): number {
    if (this.closedAt <= this.lastArrival) return 0;
    return this.closedAt - Math.max(this.lastArrival, this.host.publishing.silenceFrom);
  }

  /** Whether the copy may be that of a further filter of this client: as many per message as filters match, less one. */
  private isFurtherCopy(key: number): boolean {
    const { plan, fleets, books } = this.host;
    if (this.anyRun) return false;
    this.copies ??= new Map();
    let copies = this.copies.get(key);
    if (copies === undefined) {
      const topic = fleets.topicOf(fleets.publisher(stamp.publisher), stamp.slot);
      copies = { filters: matchingFilters(plan, this.name, topic), further: 0 };
      this.copies.set(key, copies);
    }
    if (copies.further >= (copies.filters - 1) * books.arrivals.receivedOf(this.lastTrack)) return false;
    copies.further++;
    return true;
  }

  /** @param base the number of its first message */
  private selectTrack(key: number, base: number): void {
    this.tracks ??= new Map();
    let track = this.tracks.get(key);
    if (track === undefined) {
      track = this.host.books.arrivals.open(base);
      this.tracks.set(key, track);
    }
    this.lastKey = key;
    this.lastTrack = track;
    this.lastFlow = this.flowOf(stamp.publisher, stamp.slot);
  }

  private flowOf(publisher: number, slot: number): number {
    const { fleets } = this.host;
    return fleets.flowOf(fleets.publisher(publisher), slot);
  }
}

function count(to: { received: number; duplicate: number; disordered: number }, kind: ArrivalKind): void {
  if (kind === arrivalKinds.duplicate) {
    to.duplicate++;
    return;
  }
  to.received++;
  if (kind === arrivalKinds.disordered) to.disordered++;
}
