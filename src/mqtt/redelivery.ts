import { type Inflight, waitingFor } from './inflight.js';
import type { Outbox } from './outbox.js';
import { packetTypes } from './packet-types.js';
import type { PublishTemplate } from './publish-template.js';

/** The PUBLISH of a message that is to go out again. */
export type TemplateOf = (flow: number, sequence: number) => PublishTemplate;

/** Everything unacknowledged, oldest first, on a new connection. @returns publishes written again */
export function resendAll(
  slots: Inflight,
  out: Outbox,
  templateOf: TemplateOf,
  sessionKept: boolean,
  now: number,
): number {
  let again = 0;
  for (const slot of slots.pending()) {
    if (!sessionKept) {
      // Nobody remembers a half-done QoS 2 exchange any more: it starts anew.
      const { qos } = templateOf(slots.flow[slot] as number, slots.sequence[slot] as number);
      slots.state[slot] = qos === 1 ? waitingFor.puback : waitingFor.pubrec;
    }
    again += writeAgain(slots, slot, out, templateOf, sessionKept, now);
  }
  return again;
}

/** What was written at `olderThan` or before, on the same connection. @returns publishes written again */
export function resendOlder(
  slots: Inflight,
  out: Outbox,
  templateOf: TemplateOf,
  olderThan: number,
  now: number,
): number {
  let again = 0;
  for (let slot = 0; slot < slots.window && slots.used > 0; slot++) {
    if (slots.state[slot] === waitingFor.nothing || (slots.written[slot] as number) > olderThan) continue;
    again += writeAgain(slots, slot, out, templateOf, true, now);
  }
  return again;
}

function writeAgain(
  slots: Inflight,
  slot: number,
  out: Outbox,
  templateOf: TemplateOf,
  dup: boolean,
  now: number,
): number {
  const id = slots.ids[slot] as number;
  slots.written[slot] = now;
  if (slots.state[slot] === waitingFor.pubcomp) {
    out.appendAck((packetTypes.pubrel << 4) | 2, id);
    return 0;
  }
  const template = templateOf(slots.flow[slot] as number, slots.sequence[slot] as number);
  template.append(out, id, slots.sequence[slot] as number, slots.due[slot] as number, dup);
  return 1;
}
