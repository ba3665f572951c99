import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import type { TemplateOf } from '../../mqtt/session/publishes.js';
import type { Session } from '../../mqtt/session/session.js';
import type { StreamMapper } from '../../mqtt/session/stream-map.js';
import { ownTopics, type TopicPlan } from '../../plan/plan.js';
import type { Books } from '../tally/books.js';
import type { Outstanding } from '../worker/outstanding.js';
import { Flows } from './flows.js';
import type { ClientHost } from './host.js';
import { type ClientName, changesPerMessage } from './naming.js';
import type { Publishing } from './publishing.js';
import { publishTemplateOf } from './wire.js';

/** Bytes of QoS 0 messages per turn in a closed loop: enough to fill a write, little enough to keep reading. */
const burstBytes = 32_768;
/** Prepared messages of one client that share a reading of the clock: they are written within some tens of microseconds. */
const messagesPerReading = 32;

/** What one virtual client publishes when. */
export class Traffic {
  /** Messages due and messages written at least once; those between wait. */
  offered = 0;
  sent = 0;
  /** Of `offered`, those that became due while the client was not connected. */
  dueAway = 0;
  /** Some of its due messages could not be written when they were due. */
  waiting = false;
  /** In the list of clients that have something to write this turn; the executor's that keeps the list. */
  marked = false;
  private template: PublishTemplate | undefined;
  /** The topics of a client that has several; undefined for one. */
  private readonly flows: Flows | undefined;
  private readonly each: readonly TopicPlan[] | undefined;
  /** Whether messages differ in more than their stamp. */
  private readonly changes: boolean;
  /** Messages that differ, until they are written (QoS 0) or acknowledged: written again they must be the same. */
  private own: Map<number, PublishTemplate> | undefined;
  /** By topic of the client. */
  private readonly aliases: TopicAlias[] | undefined;
  /** Messages in the batch that is being written, and when it last looked at the clock. */
  private batch = 0;
  private writing = 0;
  private readonly books: Books;
  private readonly publishing: Publishing;

  constructor(
    private readonly name: ClientName,
    private readonly session: Session,
    private readonly host: ClientHost,
    /** Which stream what goes to; undefined: everything to the only one. */
    private readonly mapper?: StreamMapper,
  ) {
    const { topics = 1, publish } = host.plan;
    this.books = host.books;
    this.publishing = host.publishing;
    this.each = ownTopics(host.plan);
    this.changes = changesPerMessage(host.plan, name);
    if (!name.publishes) return;
    if (publish?.topicAlias) this.aliases = Array.from({ length: topics }, (_, flow) => new TopicAlias(flow + 1));
    const dueAt = this.each && ((flow: number, sequence: number) => this.dueOf(flow, sequence));
    if (dueAt !== undefined || topics > 1) this.flows = new Flows(topics, dueAt);
  }

  /** Nothing is due, nothing waits for an acknowledgement. */
  get idle(): boolean {
    return !this.waiting && this.session.unacknowledged === 0;
  }

  /** Messages of a topic that have become due, that were written at least once, and that are acknowledged. */
  offeredOf(flow: number): number {
    return this.flows?.offeredOf(flow, this.offered) ?? (flow === 0 ? this.offered : 0);
  }

  sentOf(flow: number): number {
    return this.flows === undefined ? this.sent : this.flows.sequenceOf(flow);
  }

  acknowledgedOf(flow: number): number {
    return this.flows?.acknowledged[flow] ?? 0;
  }

  /** A connection begins, whose server takes aliases up to this; see {@link TopicAlias}. */
  beginAliases(maximum: number): void {
    for (const alias of this.aliases ?? []) alias.begin(maximum);
  }

  /** Publishes that went out with an alias instead of their topic. */
  get aliasesUsed(): number {
    return (this.aliases ?? []).reduce((sum, { saved }) => sum + saved, 0);
  }

  /** A message became due. @param flow its topic, where topics have a pace of their own */
  offer(flow: number, isUp: boolean): void {
    this.offered++;
    if (!isUp) this.dueAway++;
    this.flows?.offer(flow);
  }

  /**
   * Writes what is due and may go (in a closed loop: whatever may); the caller flushes. Each topic keeps its order, and one
   * whose stream takes nothing does not hold up the others.
   * @param fresh the messages became due just now
   */
  pump(fresh: boolean): void {
    const { flows, session, books, publishing } = this;
    const { isClosedLoop } = publishing;
    if (!this.name.publishes || (isClosedLoop && !publishing.isOn)) return;
    const most = isClosedLoop ? publishing.limitOf(this.name.number) : this.offered;
    const onTime = fresh && !this.waiting;
    let burst = burstBytes;
    this.batch = 0;
    while (this.sent < most) {
      const flow = flows === undefined ? 0 : flows.next(most, this);
      if (flow < 0) break;
      const sequence = flows === undefined ? this.sent : flows.sequenceOf(flow);
      const template = this.message(flow, sequence);
      const { qos } = template;
      if (session.isBlocked(template.stream) || (qos > 0 && !session.hasRoom)) break;
      if (isClosedLoop && qos === 0 && burst <= 0) break;
      flows?.take(flow);
      const now = this.writeTime();
      const due = isClosedLoop ? now : publishing.dueOf(this.name.number, flow, sequence);
      session.publish(template, flow, sequence, due, now);
      this.sent++;
      const segment = books.segment(due);
      segment.counts.sent++;
      if (qos === 0) {
        books.segment(now).noteDone(now);
        this.own?.delete(this.numberOf(flow, sequence));
      }
      if (isClosedLoop) {
        this.offered++;
        segment.counts.offered++;
        publishing.noteSent(now);
        burst -= template.appended;
      } else if (onTime) {
        books.tally.noteLateness(segment, now - due);
      }
    }
    this.waiting = this.sent < this.offered;
  }

  /** For {@link Flows.next}. */
  mayGo(flow: number, sequence: number): boolean {
    const { qos, stream } = this.message(flow, sequence);
    return !this.session.isBlocked(stream) && (qos === 0 || this.session.hasRoom);
  }

  /**
   * When the next message of this batch is written. The turn of the loop has begun long before where many clients write
   * in it; a reading costs some 50 ns, so one serves a few messages in a row that are the same but for their stamp.
   */
  private writeTime(): number {
    if (this.batch++ % (this.changes ? 1 : messagesPerReading) === 0) this.writing = this.host.clock();
    return this.writing;
  }

  private dueOf(flow: number, sequence: number): number {
    return this.publishing.dueOf(this.name.number, flow, sequence);
  }

  /** Of a message, counted over all topics of the client. */
  private numberOf(flow: number, sequence: number): number {
    return this.flows?.messageOf(flow, sequence) ?? sequence;
  }

  /** Tells of every publish that is due and not done; of QoS 0 those that are not written. */
  unfinished(to: Outstanding): void {
    if (!this.name.publishes) return;
    this.session.eachUnacknowledged((due, written) => {
      to.publish(due);
      to.operation('publish.ack', due);
      to.operation('publish.ack.raw', due, written);
    });
    const { topics = 1, publish } = this.host.plan;
    for (let flow = 0; flow < topics; flow++) {
      const { qos } = this.each?.[flow] ?? publish ?? {};
      for (let sequence = this.sentOf(flow); sequence < this.offeredOf(flow); sequence++) {
        const due = this.dueOf(flow, sequence);
        to.publish(due);
        if (qos !== 0) to.operation('publish.ack', due);
      }
    }
  }

  /** For the session, which sends messages again. */
  readonly templateOf: TemplateOf = (flow, sequence) => this.message(flow, sequence);

  /** The PUBLISH of a message: one prepared template per topic, unless messages differ in more than their stamp. */
  private message(flow: number, sequence: number): PublishTemplate {
    const prepared = flow === 0 ? this.template : this.flows?.templates[flow];
    if (prepared !== undefined) return prepared;
    const number = this.numberOf(flow, sequence);
    const known = this.own?.get(number);
    if (known !== undefined) return known;
    const { name, each, mapper } = this;
    const shown = each === undefined ? number : sequence;
    const template = publishTemplateOf(this.host.wire, name, shown, flow, this.aliases?.[flow]);
    if (mapper !== undefined) template.stream = each?.[flow]?.stream ?? mapper.ofPublish(template.topic, template.qos);
    if (this.changes) {
      this.own ??= new Map();
      this.own.set(number, template);
    } else if (flow === 0) this.template = template;
    else if (this.flows !== undefined) this.flows.templates[flow] = template;
    return template;
  }

  acknowledge(flow: number, sequence: number, due: number, written: number, now: number): void {
    const { books } = this;
    this.own?.delete(this.numberOf(flow, sequence));
    this.flows?.acknowledge(flow);
    const segment = books.segment(due);
    segment.counts.acknowledged++;
    books.segment(now).noteDone(now);
    segment.ack.record(now - due);
    segment.ackRaw.record(now - written);
    books.step.ack.record(now - due);
  }
}
