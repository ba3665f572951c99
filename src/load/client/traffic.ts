import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import type { TemplateOf } from '../../mqtt/session/publishes.js';
import type { Session } from '../../mqtt/session/session.js';
import type { StreamMapper } from '../../mqtt/session/stream-map.js';
import { ownTopics, type TopicPlan } from '../../plan/plan.js';
import type { Segment } from '../segment.js';
import type { Outstanding } from '../worker/outstanding.js';
import { Flows } from './flows.js';
import type { ClientHost } from './host.js';
import type { ClientName } from './naming.js';
import { changesPerMessage } from './naming.js';

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
  /** In the list of clients that have something to write this turn. */
  marked = false;
  private template: PublishTemplate | undefined;
  /** The topics of a client that has several; undefined for one. */
  readonly flows: Flows | undefined;
  private readonly each: readonly TopicPlan[] | undefined;
  /** Messages that differ, until they are acknowledged: written again they must be the same. */
  private own: Map<number, PublishTemplate> | undefined;
  /** By topic of the client. */
  private readonly aliases: TopicAlias[] | undefined;
  /** Messages in the batch that is being written, and when it last looked at the clock. */
  private batch = 0;
  private writing = 0;
  private readonly perReading: number;

  constructor(
    private readonly name: ClientName,
    private readonly session: Session,
    private readonly host: ClientHost,
    /** Which stream what goes to; undefined: everything to the only one. */
    private readonly mapper?: StreamMapper,
  ) {
    const { topics = 1, publish } = host.plan;
    this.each = ownTopics(host.plan);
    this.perReading = changesPerMessage(host.plan, name) ? 1 : messagesPerReading;
    if (!name.publishes) return;
    if (publish?.topicAlias) this.aliases = Array.from({ length: topics }, (_, flow) => new TopicAlias(flow + 1));
    if (this.each !== undefined)
      this.flows = new Flows(topics, (flow, sequence) => host.publishing.dueOf(name.number, sequence, flow));
    else if (topics > 1) this.flows = new Flows(topics);
  }

  /** Nothing is due, nothing waits for an acknowledgement. */
  get idle(): boolean {
    return !this.waiting && this.session.unacknowledged === 0;
  }

  /** Messages of a topic that have become due, and that were written at least once. */
  offeredOf(flow: number): number {
    const { flows } = this;
    if (flows === undefined) return flow === 0 ? this.offered : 0;
    if (flows.dueAt !== undefined) return flows.offered[flow] as number;
    return Math.max(0, Math.ceil((this.offered - flow) / flows.topics));
  }

  sentOf(flow: number): number {
    return this.flows?.sequenceOf(flow) ?? (flow === 0 ? this.sent : 0);
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
  offer(flow: number): void {
    this.offered++;
    const { flows } = this;
    if (flows?.dueAt !== undefined) flows.offered[flow] = (flows.offered[flow] as number) + 1;
  }

  /** Writes what is due and may go; the caller flushes. @param fresh the messages became due just now */
  pump(fresh: boolean): void {
    const { host, session } = this;
    if (!this.name.publishes) return;
    this.batch = 0;
    if (host.publishing.isClosedLoop) {
      this.pumpClosedLoop();
      return;
    }
    if (this.sent === this.offered) return;
    const onTime = fresh && !this.waiting;
    if (this.flows !== undefined) {
      this.pumpFlows(this.flows, onTime);
      return;
    }
    while (this.sent < this.offered) {
      const template = this.message(0, this.sent);
      if (session.isBlocked(template.stream) || (template.qos > 0 && !session.hasRoom)) break;
      const due = host.publishing.dueOf(this.name.number, this.sent, 0);
      const now = this.writeTime();
      session.publish(template, 0, this.sent++, due, now);
      this.noteWritten(template, due, now, onTime);
    }
    this.waiting = this.sent < this.offered;
  }

  /** Each topic keeps its order; one whose stream takes nothing does not hold up the others. */
  private pumpFlows(flows: Flows, onTime: boolean): void {
    const { host, session } = this;
    for (;;) {
      const flow = flows.next(this.offered, (of, sequence) => this.mayGo(of, sequence));
      if (flow < 0) break;
      const due =
        flows.dueAt?.(flow, flows.sequenceOf(flow)) ??
        host.publishing.dueOf(this.name.number, flows.messageOf(flow), 0);
      const sequence = flows.take(flow);
      const template = this.message(flow, sequence);
      const now = this.writeTime();
      session.publish(template, flow, sequence, due, now);
      this.sent++;
      this.noteWritten(template, due, now, onTime);
    }
    this.waiting = this.sent < this.offered;
  }

  /**
   * When the next message of this batch is written. The turn of the loop has begun long before where many clients write
   * in it; a reading costs some 50 ns, so one serves a few messages in a row that are the same but for their stamp.
   */
  private writeTime(): number {
    if (this.batch++ % this.perReading === 0) this.writing = this.host.clock();
    return this.writing;
  }

  private noteWritten({ qos }: PublishTemplate, due: number, now: number, onTime: boolean): void {
    const { host } = this;
    const segment = host.segment(due);
    segment.counts.sent++;
    if (qos === 0) host.segment(now).noteDone(now);
    if (onTime) host.tally.noteLateness(segment, now - due);
  }

  private mayGo(flow: number, sequence: number): boolean {
    const { qos, stream } = this.message(flow, sequence);
    return !this.session.isBlocked(stream) && (qos === 0 || this.session.hasRoom);
  }

  private pumpClosedLoop(): void {
    const { host, session } = this;
    if (!host.publishing.isOn) return;
    const limit = host.publishing.limitOf(this.name.number);
    let left = burstBytes;
    while (this.sent < limit) {
      const flow = this.flows?.next(limit, (of, sequence) => this.mayGo(of, sequence)) ?? 0;
      if (flow < 0) break;
      const sequence = this.flows?.sequenceOf(flow) ?? this.sent;
      const template = this.message(flow, sequence);
      if (session.isBlocked(template.stream) || (template.qos === 0 ? left <= 0 : !session.hasRoom)) break;
      this.flows?.take(flow);
      const now = this.writeTime();
      session.publish(template, flow, sequence, now, now);
      this.sent++;
      this.offered++;
      const segment = host.segment(now);
      segment.counts.offered++;
      segment.counts.sent++;
      if (template.qos === 0) segment.noteDone(now);
      host.publishing.lastSent = now;
      left -= template.bytes;
    }
  }

  /** Tells of every publish that is due and not done; of QoS 0 those that are not written. */
  unfinished(to: Outstanding): void {
    this.session.eachUnacknowledged((due, written) => {
      to.publish(due);
      to.operation('publish.ack', due);
      to.operation('publish.ack.raw', due, written);
    });
    const { flows, host, name } = this;
    const wait = (due: number, flow: number): void => {
      to.publish(due);
      if ((this.each?.[flow] ?? host.plan.publish)?.qos !== 0) to.operation('publish.ack', due);
    };
    if (flows === undefined) {
      for (let sequence = this.sent; sequence < this.offered; sequence++)
        wait(host.publishing.dueOf(name.number, sequence, 0), 0);
      return;
    }
    for (let flow = 0; flow < flows.topics; flow++) {
      for (let sequence = flows.sequenceOf(flow); flows.isOffered(flow, sequence, this.offered); sequence++) {
        const due = flows.dueAt?.(flow, sequence);
        wait(due ?? host.publishing.dueOf(name.number, sequence * flows.topics + flow, 0), flow);
      }
    }
  }

  /** For the session, which sends messages again. */
  readonly templateOf: TemplateOf = (flow, sequence) => this.message(flow, sequence);

  /** The PUBLISH of a message: one prepared template per topic, unless messages differ in more than their stamp. */
  private message(flow: number, sequence: number): PublishTemplate {
    const prepared = flow === 0 ? this.template : this.flows?.templates[flow];
    if (prepared !== undefined) return prepared;
    const number = this.flows === undefined ? sequence : sequence * this.flows.topics + flow;
    const known = this.own?.get(number);
    if (known !== undefined) return known;
    const template = this.host.templateFor(
      this.name,
      this.each === undefined ? number : sequence,
      flow,
      this.aliases?.[flow],
    );
    if (this.mapper !== undefined)
      template.stream = this.each?.[flow]?.stream ?? this.mapper.ofPublish(template.topic, template.qos);
    if (!changesPerMessage(this.host.plan, this.name)) {
      if (flow === 0) this.template = template;
      else if (this.flows !== undefined) this.flows.templates[flow] = template;
    } else if (template.qos > 0) {
      this.own ??= new Map();
      this.own.set(number, template);
    }
    return template;
  }

  acknowledge(flow: number, sequence: number, due: number, written: number, now: number): void {
    const { host } = this;
    const { flows } = this;
    this.own?.delete(flows === undefined ? sequence : sequence * flows.topics + flow);
    if (flows !== undefined) flows.acknowledged[flow] = (flows.acknowledged[flow] as number) + 1;
    const segment: Segment = host.segment(due);
    segment.counts.acknowledged++;
    host.segment(now).noteDone(now);
    segment.ack.record(now - due);
    segment.ackRaw.record(now - written);
    host.step.ack.record(now - due);
  }
}
