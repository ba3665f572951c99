import { packetTypes } from '../codec/packet-types.js';
import type { PublishTemplate } from '../codec/publish-template.js';
import { type Inflight, waitingFor } from './inflight.js';
import type { Outbox } from './outbox.js';

/** The PUBLISH of a message that is to go out again. */
export type TemplateOf = (flow: number, sequence: number) => PublishTemplate;

/** What a message that goes out again is made of, and where it goes. */
export interface Again {
  readonly templateOf: TemplateOf;
  /** Makes the batch one of this stream's. @returns false when it cannot be opened; then the message waits on */
  readonly select: (stream: number) => boolean;
}

/** Everything unacknowledged, oldest first, on a new connection. @returns publishes written again */
export function resendAll(slots: Inflight, out: Outbox, again: Again, sessionKept: boolean, now: number): number {
  let written = 0;
  for (const slot of slots.pending()) {
    const kept = sessionKept && (slots.stream?.[slot] ?? 0) === 0;
    written += kept ? writeAgain(slots, slot, out, again, true, now) : startAnew(slots, slot, out, again, now);
  }
  return written;
}

/** What went out on a data stream that has ended and been opened again. @returns publishes written again */
export function resendStream(slots: Inflight, out: Outbox, again: Again, stream: number, now: number): number {
  let written = 0;
  for (const slot of slots.pending()) {
    if (slots.stream?.[slot] === stream) written += startAnew(slots, slot, out, again, now);
  }
  return written;
}

/** What was written at `olderThan` or before, on the same connection. @returns publishes written again */
export function resendOlder(slots: Inflight, out: Outbox, again: Again, olderThan: number, now: number): number {
  let written = 0;
  for (let slot = 0; slot < slots.window && slots.used > 0; slot++) {
    if (slots.state[slot] === waitingFor.nothing || (slots.written[slot] as number) > olderThan) continue;
    written += writeAgain(slots, slot, out, again, true, now);
  }
  return written;
}

/** Nobody remembers a half-done QoS 2 exchange any more: it begins again. */
function startAnew(slots: Inflight, slot: number, out: Outbox, again: Again, now: number): number {
  const { qos } = again.templateOf(slots.flow[slot] as number, slots.sequence[slot] as number);
  slots.state[slot] = qos === 1 ? waitingFor.puback : waitingFor.pubrec;
  return writeAgain(slots, slot, out, again, false, now);
}

function writeAgain(slots: Inflight, slot: number, out: Outbox, again: Again, dup: boolean, now: number): number {
  const id = slots.ids[slot] as number;
  const template = again.templateOf(slots.flow[slot] as number, slots.sequence[slot] as number);
  slots.written[slot] = now;
  if (!again.select(template.stream)) return 0;
  if (slots.state[slot] === waitingFor.pubcomp) {
    out.appendAck((packetTypes.pubrel << 4) | 2, id);
    return 0;
  }
  template.append(out, id, slots.sequence[slot] as number, slots.due[slot] as number, dup);
  return 1;
}
