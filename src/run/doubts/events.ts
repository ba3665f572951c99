import type { Doubt, EventRecord } from '../../result/types.js';

/** A rebind that left the NAT table or the addresses as they were did not happen. */
export function eventDoubts(events: readonly EventRecord[]): Doubt[] {
  const doubts: Doubt[] = [];
  for (const event of events) {
    if (event.proof.kind !== 'rebind') continue;
    const before = JSON.stringify(event.proof.outerBefore);
    if (before === JSON.stringify(event.proof.outerAfter) || event.proof.conntrackBefore === 0) {
      doubts.push({
        code: 'event-unseen',
        message: `${event.name}: the NAT's outer addresses or its table did not change`,
        advice: 'what is reported after the event is not the effect of a rebind',
      });
    }
  }
  return doubts;
}
