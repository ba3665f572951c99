import type { FilterPlan, SubscribePlan, TopicPlan } from '../../../plan/plan.js';
import type { LoadFlags } from '../options/flags.js';

/** Variables that name somebody else at a subscriber, or every message anew; their level of the topic becomes `+`. */
const foreign = {
  sub: /%[cs]/,
  own: /%s/,
  pairs: /%(?:[su]|rand_\d|\{)/,
  all: /%(?:[cisu]|rand_\d|\{)/,
};

/** What a client of `mqbench sub` subscribes to for topics of a file: its own %i and %u, every %c. */
export function subFilters(each: readonly TopicPlan[]): SubscribePlan {
  return subscribeTo(each.map((topic) => filterOf(topic, foreign.sub)));
}

/** What the subscribers of a pattern of `mqbench pubsub` subscribe to. @param prefix of client ids */
export function pubsubFilters(
  each: readonly TopicPlan[],
  { pattern, feeder }: LoadFlags,
  prefix: string,
): SubscribePlan {
  if (pattern === 'own') return subscribeTo(each.map((topic) => filterOf(topic, foreign.own)));
  if (pattern === 'pairs' && feeder === undefined) {
    // Subscriber i hears publisher i, whose id is the prefix and i where no feeder says otherwise.
    const named = each.map((plan) => ({ ...plan, topic: plan.topic.replaceAll('%c', `${prefix}%i`) }));
    return subscribeTo(named.map((topic) => filterOf(topic, foreign.pairs)));
  }
  const filters = each.map((topic) => filterOf(topic, foreign.all));
  if (pattern !== 'shared') return subscribeTo(filters);
  return subscribeTo(filters.map((filter) => ({ ...filter, topic: `$share/mqbench/${filter.topic}` })));
}

function filterOf({ topic, qos, stream, priority }: TopicPlan, others: RegExp): FilterPlan {
  const levels = topic.split('/').map((level) => (others.test(level) ? '+' : level));
  return { topic: levels.join('/'), qos, stream, priority };
}

function subscribeTo(filters: readonly FilterPlan[]): SubscribePlan {
  const each = withoutOverlap(filters);
  return { qos: highest(each), each };
}

/** A server may send a message once for all filters that match it or once for each (MQTT 5.0, 3.3.4): none may overlap. */
function withoutOverlap(filters: readonly FilterPlan[]): FilterPlan[] {
  let kept: FilterPlan[] = [];
  for (const filter of filters) {
    const wider = kept.find(({ topic }) => covers(topic, filter.topic));
    if (wider !== undefined) {
      kept = kept.map((one) => (one === wider ? { ...one, qos: highest([one, filter]) } : one));
      continue;
    }
    const covered = kept.filter(({ topic }) => covers(filter.topic, topic));
    kept = [...kept.filter((one) => !covered.includes(one)), { ...filter, qos: highest([filter, ...covered]) }];
  }
  return kept;
}

const highest = (filters: readonly FilterPlan[]) => Math.max(...filters.map(({ qos }) => qos)) as 0 | 1 | 2;

/** Whether every topic of the filter `narrow` is one of `wide`; their only wildcard is `+`. */
function covers(wide: string, narrow: string): boolean {
  const [all, some] = [wide.split('/'), narrow.split('/')];
  return all.length === some.length && all.every((level, i) => level === '+' || level === some[i]);
}
