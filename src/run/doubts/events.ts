import { fewSamplesDoubts } from '../../result/few-samples.js';
import type { Doubt, EventRecord } from '../../result/types.js';

/**
 * A rebind that left the NAT table or the addresses as they were did not happen; what few clients did after an event is
 * told with few samples.
 */
export function eventDoubts(events: readonly EventRecord[]): Doubt[] {
  const doubts: Doubt[] = [];
  for (const event of events) {
    if (event.metrics) doubts.push(...fewSamplesDoubts(event.metrics, event.name));
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
