import { formatCount, formatDuration } from '../../base/units.js';
import { fewSamplesDoubts } from '../../result/doubts/few-samples.js';
import type { Doubt, EventRecord } from '../../result/types.js';
import { eventKind, fleetKindOf } from '../../scenario/events/kinds.js';
import type { PlannedCell, ResolvedScenario } from '../../scenario/types.js';

/**
 * An event whose proof shows nothing did not happen, such as a rebind that left the NAT table or the addresses as they
 * were; what few clients did after an event is told with few samples.
 */
export function eventDoubts(events: readonly EventRecord[]): Doubt[] {
  const doubts: Doubt[] = [];
  for (const event of events) {
    if (event.metrics) doubts.push(...fewSamplesDoubts(event.metrics, event.name));
    for (const [where, proof] of proofsOf(event.proof)) {
      const unseen = eventKind(proof.kind)?.unseen?.(proof);
      if (unseen === undefined) continue;
      doubts.push({
        code: 'event-unseen',
        message: `${event.name}${where}: ${unseen}`,
        advice: `what is reported after the event is not the effect of a ${event.proof.kind}`,
      });
    }
  }
  return doubts;
}

/** Where agents have networks of their own it happened to each, and each has its proof: `alpha.flows`. */
function proofsOf(proof: EventRecord['proof']): readonly (readonly [where: string, proof: EventRecord['proof']])[] {
  const apart = new Map<string, Record<string, unknown>>();
  for (const [name, fact] of Object.entries(proof)) {
    const [agent = '', own] = name.split('.');
    if (own !== undefined) apart.set(agent, { kind: proof.kind, ...apart.get(agent), [own]: fact });
  }
  return apart.size === 0 ? [['', proof]] : [...apart].map(([agent, own]) => [` on the agent ${agent}`, own]);
}

/**
 * Outcomes that nobody knows: of clients of which nothing was asked since the event, and of those that the run ended for
 * before they could give a silent connection up.
 */
export function outcomeDoubts(
  scenario: Pick<ResolvedScenario, 'timeline' | 'trafficMicros' | 'drainMicros'>,
  { load }: Pick<PlannedCell, 'load'>,
  events: readonly EventRecord[],
): Doubt[] {
  return events.flatMap(({ name, atMicros, tookMicros = 0, metrics, proof }): Doubt[] => {
    // Clients that give their connections up themselves have nothing to notice.
    const isSilent = fleetKindOf(proof.kind) === undefined;
    const unknown = metrics?.values['clients.unknown'] ?? 0;
    const unsure = unknown + (metrics?.values['clients.lost'] ?? 0);
    const left = scenario.trafficMicros + scenario.drainMicros - (atMicros + tookMicros);
    const doubts: Doubt[] = [];
    if (unknown > 0)
      doubts.push({
        ...{ code: 'outcome-unknown', metric: 'clients.unknown', window: name },
        message: `nothing was asked of ${formatCount(unknown)} clients after ${name}, so nobody knows what became of them`,
        advice: 'let the traffic go on for longer, or make the keepalive shorter',
      });
    if (isSilent && unsure > 0 && left < load.deadAfterMicros)
      doubts.push({
        ...{ code: 'ended-too-early', metric: 'clients.lost', window: name },
        message: `${formatDuration(left)} of traffic and drain were left after ${name}, and a client gives a silent connection up after ${formatDuration(load.deadAfterMicros)}: ${formatCount(unsure)} clients had no time to notice and come back`,
        advice: 'make load.duration or load.drain longer, or load.deadAfter shorter',
      });
    return doubts;
  });
}
