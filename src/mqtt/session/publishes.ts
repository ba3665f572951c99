import { nowMicros } from '../../base/clock.js';
import { MqbenchError } from '../../base/errors.js';
import type { ConnectionDatagrams } from '../../transport/contract.js';
import { acknowledgedId } from '../codec/packet-fields.js';
import { packetTypes } from '../codec/packet-types.js';
import type { PublishTemplate } from '../codec/publish-template.js';
import type { SessionEvents, SessionOptions } from './contract.js';
import { Inflight, waitingFor } from './inflight.js';
import type { Outbox } from './outbox.js';
import { SessionOutput } from './output.js';
import type { Subscription } from './stream.js';
import { acknowledgedTwice, oddAcknowledgement } from './violations.js';

/** The PUBLISH of a message that is to go out again. */
export type TemplateOf = (flow: number, sequence: number) => PublishTemplate;

/** Not a slot: the acknowledgement came on another stream than the publish went. */
const strayed = -2;
/** A publish that goes out again may be answered again: PUBACK, or PUBREC and PUBCOMP. */
const answersAgain = 2;

/** What a session publishes, what of it waits for an acknowledgement, and what is acknowledged. */
export abstract class SessionPublishes extends SessionOutput {
  /** Acknowledgements on another stream than the publish, which do not count (EMQX and emqtt match by stream and id). */
  strayAcknowledgements = 0;
  protected datagrams: ConnectionDatagrams | undefined;
  protected slots: Inflight | undefined;
  protected receiveMaximum = 65_535;
  /** When what is being read came. */
  protected now = 0;
  /**
   * The connection worked later than this: when the latest thing that came back over it was sent, as far as that is known
   * (CONNECT, a publish that was acknowledged, PINGREQ, the stamp of a message). When a byte is read proves less: it may
   * have waited for a busy process.
   */
  provenAt = 0;
  /** Answers that may come once more, because what they answer went out again. */
  private excused = 0;
  /** Publishes that a new connection has no room for yet: more than its server's receive maximum were under way. */
  private held: number[] = [];
  private heldBy: { readonly templateOf: TemplateOf; readonly isKept: (slot: number) => boolean } | undefined;

  constructor(
    protected readonly options: SessionOptions,
    out: Outbox,
    protected readonly events: SessionEvents,
  ) {
    super(out, options.clock ?? nowMicros, options.streams?.priorities);
  }

  /** Something has come back that was sent at this time. */
  proves(sent: number): void {
    if (sent > this.provenAt) this.provenAt = sent;
  }

  abstract subscribe(packetId: number, subscriptions: readonly Subscription[], stream?: number): void;

  get unacknowledged(): number {
    return this.slots?.used ?? 0;
  }

  /** Tells when each publish that waits for an acknowledgement was due and last written. */
  eachUnacknowledged(see: (due: number, written: number) => void): void {
    this.slots?.forEach(see);
  }

  get hasRoom(): boolean {
    const slots = this.slots;
    return slots === undefined || (!slots.full && slots.used < this.receiveMaximum);
  }

  /** Appends a publish to the batch; {@link flush} sends it. The caller has looked at {@link hasRoom} for QoS > 0. */
  publish(template: PublishTemplate, flow: number, sequence: number, due: number, now: number): void {
    if (template.qos === 0) {
      if (this.datagrams !== undefined) this.publishDatagram(this.datagrams, template, sequence, due);
      else if (this.select(template.stream)) template.append(this.out, 0, sequence, due, false);
      return;
    }
    this.slots ??= new Inflight(this.options.window, this.data !== undefined);
    const slots = this.slots;
    const slot = slots.take();
    slots.state[slot] = template.qos === 1 ? waitingFor.puback : waitingFor.pubrec;
    slots.flow[slot] = flow;
    slots.sequence[slot] = sequence;
    slots.due[slot] = due;
    slots.written[slot] = now;
    if (slots.stream !== undefined) slots.stream[slot] = template.stream;
    if (!this.select(template.stream)) return; // it waits in its slot for the next connection
    template.append(this.out, slots.ids[slot] as number, sequence, due, false);
  }

  private publishDatagram(
    channel: ConnectionDatagrams,
    template: PublishTemplate,
    sequence: number,
    due: number,
  ): void {
    this.flush();
    try {
      // It may be lost, and then the broker has not heard it: it does not put off the PINGREQ.
      template.append(this.out, 0, sequence, due, false);
      channel.send(this.out.take());
    } catch (error) {
      this.problem(error);
    }
  }

  /**
   * Sends again what was not acknowledged: PUBLISH with DUP, or PUBREL, when the server kept the session
   * (MQTT 5.0, 4.4); as new messages, DUP 0, when it did not. It never keeps that of data streams (EMQX docs, Limitations).
   * What is above the server's receive maximum follows as acknowledgements come (MQTT 5.0, 4.9).
   * @returns publishes written again now
   */
  resend(templateOf: TemplateOf, sessionKept: boolean, now: number): number {
    if (!sessionKept) this.control.incoming = undefined;
    const isKept = (slot: number): boolean => sessionKept && (this.slots?.stream?.[slot] ?? 0) === 0;
    this.heldBy = { templateOf, isKept };
    this.held = [];
    return this.sendAgain(templateOf, now, isKept, () => true, this.receiveMaximum);
  }

  /** Sends again, with DUP, what was written at `olderThan` or before. @returns publishes written again */
  retry(templateOf: TemplateOf, olderThan: number, now: number): number {
    const isOld = (slot: number): boolean => (this.slots?.written[slot] ?? 0) <= olderThan && !this.held.includes(slot);
    return this.sendAgain(templateOf, now, () => true, isOld);
  }

  /**
   * After {@link SessionEvents.onStreamLost}: opens the stream again if anything is to be on it, subscribes what was
   * subscribed there and sends what it owed as new messages.
   * @returns publishes written again
   */
  restore(stream: number, packetId: number, templateOf: TemplateOf, now: number): number {
    const subscriptions = this.data?.forget(stream) ?? [];
    if (subscriptions.length > 0) this.subscribe(packetId, subscriptions, stream);
    const wasOnIt = (slot: number): boolean => this.slots?.stream?.[slot] === stream;
    this.held = this.held.filter((slot) => !wasOnIt(slot));
    const again = this.sendAgain(templateOf, now, () => false, wasOnIt);
    this.flush();
    return again;
  }

  /**
   * Oldest first.
   * @param isKept the server remembers that exchange; otherwise it begins anew @param wanted what goes out
   * @param most publishes that may go out; further ones are held
   */
  private sendAgain(
    templateOf: TemplateOf,
    now: number,
    isKept: (slot: number) => boolean,
    wanted: (slot: number) => boolean,
    most = Number.POSITIVE_INFINITY,
  ): number {
    const { slots, out } = this;
    if (slots === undefined) return 0;
    let publishes = 0;
    for (const slot of slots.pending(wanted)) {
      if (publishes >= most) {
        slots.written[slot] = now; // nothing is owed for it before it goes out
        this.held.push(slot);
        continue;
      }
      const [id, sequence] = [slots.ids[slot] as number, slots.sequence[slot] as number];
      const template = templateOf(slots.flow[slot] as number, sequence);
      const kept = isKept(slot);
      if (!kept) slots.state[slot] = template.qos === 1 ? waitingFor.puback : waitingFor.pubrec;
      else this.excused += answersAgain;
      slots.written[slot] = now;
      if (!this.select(template.stream)) continue; // it waits for the next connection
      if (slots.state[slot] === waitingFor.pubcomp) {
        out.appendAck((packetTypes.pubrel << 4) | 2, id);
        continue;
      }
      template.append(out, id, sequence, slots.due[slot] as number, kept);
      publishes++;
    }
    return publishes;
  }

  protected violation(error: unknown): void {
    if (!(error instanceof MqbenchError)) throw error;
    this.events.onViolation?.(error);
  }

  /** The slot that waits for an acknowledgement read now, by stream and id; -1 without one, {@link strayed} on another stream. */
  private slotOf(id: number): number {
    const { slots } = this;
    const slot = slots === undefined ? -1 : slots.find(id);
    if (slot < 0 || slots?.stream === undefined || slots.stream[slot] === this.reading.number) return slot;
    this.strayAcknowledgements++;
    return strayed;
  }

  private oddAnswer(type: number, id: number): void {
    const error = oddAcknowledgement(type, id, this.slots);
    if (error.code === acknowledgedTwice && this.excused > 0) this.excused--;
    else this.violation(error);
  }

  protected onAck(expected: number, buffer: Buffer, body: number, end: number): void {
    const slots = this.slots;
    const id = acknowledgedId(buffer, body, end, this.options.version);
    const slot = this.slotOf(id);
    if (slot === strayed) return;
    if (slots === undefined || slot < 0 || slots.state[slot] !== expected) {
      this.oddAnswer(expected, id);
      return;
    }
    this.finish(slots, slot, this.reasonIn(expected, buffer, body, end));
  }

  /** Of an acknowledgement; without one it is success. */
  private reasonIn(type: number, buffer: Buffer, body: number, end: number): number {
    const reason = end - body > 2 ? (buffer[body + 2] as number) : 0;
    if (reason !== 0) this.events.onReason?.(type, reason);
    return reason;
  }

  protected onPubrec(buffer: Buffer, body: number, end: number): void {
    const id = acknowledgedId(buffer, body, end, this.options.version);
    const slots = this.slots;
    const slot = this.slotOf(id);
    const reason = this.reasonIn(packetTypes.pubrec, buffer, body, end);
    if (slots !== undefined && slot >= 0 && reason >= 0x80) {
      // MQTT 5.0, 4.3.3
      this.finish(slots, slot, reason);
      return;
    }
    if (slots !== undefined && slot >= 0 && slots.state[slot] === waitingFor.pubrec) {
      slots.state[slot] = waitingFor.pubcomp;
    } else if (slot !== strayed) {
      this.oddAnswer(packetTypes.pubrec, id);
    }
    this.answer((packetTypes.pubrel << 4) | 2, id);
  }

  /** One that was held, where there is any: an acknowledgement has made room. */
  private sendHeld(): void {
    const slot = this.held.shift();
    if (slot === undefined || this.heldBy === undefined) return;
    const { templateOf, isKept } = this.heldBy;
    this.sendAgain(templateOf, this.now, isKept, (one) => one === slot);
  }

  private finish(slots: Inflight, slot: number, reason: number): void {
    const sequence = slots.sequence[slot] as number;
    const due = slots.due[slot] as number;
    const written = slots.written[slot] as number;
    const flow = slots.flow[slot] as number;
    slots.release(slot);
    this.proves(written);
    this.sendHeld();
    this.events.onAcknowledged(flow, sequence, due, written, reason, this.now);
  }
}
