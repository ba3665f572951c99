import { type FilterPlan, type FleetPlan, type LoadPlan, ownTopics } from './plan.js';

/** Of a data stream for which none is given, as in emqtt-bench. */
const defaultPriority = 32_767;

type OfTopics = Required<Pick<LoadPlan['target'], 'streamPriorities'>> & { readonly streams: number };

/** The data streams that topics and filters name: as many as the highest, and the priority of each; undefined: none does. */
export function streamsOf(each: readonly FilterPlan[]): OfTopics | undefined {
  const streams = Math.max(0, ...each.map(({ stream = 0 }) => stream));
  if (streams === 0) return undefined;
  const streamPriorities = Array.from({ length: streams }, (_, i) => {
    const named = each.find(({ stream, priority }) => stream === i + 1 && priority !== undefined);
    return named?.priority ?? defaultPriority;
  });
  return { streams, streamPriorities };
}

/** The same of all that a fleet publishes to and subscribes to. */
export const topicStreams = ({ publish, subscribe }: Pick<FleetPlan, 'publish' | 'subscribe'>): OfTopics | undefined =>
  streamsOf([...(ownTopics({ publish }) ?? []), ...(subscribe?.each ?? [])]);
