import { definedOf } from '../../base/own.js';
import type { FilterPlan, SubscribePlan } from '../../plan/plan.js';
import { readsOf } from '../../plan/reads.js';
import type { LoadInput } from '../language/schema.js';

/** Filters of one QoS alike; of several each has its own, and no more is promised than by the lowest. */
export function subscribePlan(input: Filters): SubscribePlan | undefined {
  const filters = filtersOf(input).map(({ topic, qos, ...more }): FilterPlan => ({ topic, qos, ...streamIn(more) }));
  const [first, ...others] = filters;
  if (first === undefined) return undefined;
  const slow = readsOf(readsIn(input));
  const bytes = filtersOf(input).find(({ respond }) => respond !== undefined)?.respond;
  const reads = { ...(slow && { reads: slow }), ...(bytes === undefined ? {} : { respond: { bytes } }) };
  const levels = filters.map(({ qos }) => qos);
  const isOnStreams = filters.some(({ stream }) => stream !== undefined);
  if (others.length === 0 && !isOnStreams) return { ...first, ...reads };
  if (new Set(levels).size === 1 && !isOnStreams)
    return { ...first, further: others.map(({ topic }) => topic), ...reads };
  return { qos: Math.min(...levels) as 0 | 1 | 2, each: filters, ...reads };
}

const streamIn = ({ stream, priority }: Pick<Filter, 'stream' | 'priority'>): Pick<FilterPlan, 'stream' | 'priority'> =>
  definedOf({ stream, priority });

type Filters = LoadInput['subscribe'] | LoadInput['subscribers'];
type Filter = Exclude<NonNullable<LoadInput['subscribe']>, readonly unknown[]>;

export const filtersOf = (input: Filters): Filter[] => [input ?? []].flat();

/** How slowly a client reads, which has one connection for all its filters. */
export function readsIn(input: Filters): Pick<Filter, 'reads' | 'readsAfter'> {
  const filters = filtersOf(input);
  const slow = filters.find(({ reads, readsAfter }) => (reads ?? readsAfter) !== undefined);
  return { reads: slow?.reads, readsAfter: slow?.readsAfter };
}
