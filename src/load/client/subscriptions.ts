import type { LoadPlan } from '../../plan/plan.js';
import { type ClientName, subscriptionsOf } from './naming.js';

const sharedPrefix = /^\$share\/[^/]+\//;

/** Whether any filter of a plan, of all its subscribers alike, is one of a group that shares its messages. */
export function sharesMessages({ subscribe }: LoadPlan): boolean {
  if (subscribe === undefined) return false;
  const filters = subscribe.each?.map(({ topic }) => topic) ?? [subscribe.topic ?? '', ...(subscribe.further ?? [])];
  return filters.some((filter) => sharedPrefix.test(filter));
}

/** Which of some clients a message on a topic is for: by their filters, each client once. */
export class SubscriptionIndex {
  private readonly filters = new FilterTree();
  /** Whole names of shared subscriptions, `$share/<group>/<filter>` (MQTT 5.0, 4.8.2). */
  private readonly shared = new Set<string>();
  private readonly clientsByTopic = new Map<string, readonly number[]>();

  constructor(plan: LoadPlan, clients: Iterable<ClientName>) {
    for (const client of clients) {
      if (!client.subscribes) continue;
      for (const { topic: filter } of subscriptionsOf(plan, client)) this.add(filter, client.number);
    }
  }

  /** Whether any filter is one of a group that shares its messages. */
  get isShared(): boolean {
    return this.shared.size > 0;
  }

  /** Numbers of the clients with a filter of their own that matches, each once however many match. */
  clientsOf(topic: string): readonly number[] {
    let found = this.clientsByTopic.get(topic);
    if (found === undefined) {
      found = this.filters.matching(topic);
      this.clientsByTopic.set(topic, found);
    }
    return found;
  }

  /** Copies that one message brings: one per subscriber with a filter of its own, and one per shared subscription. */
  copiesOf(topic: string): number {
    let copies = this.clientsOf(topic).length;
    for (const name of this.shared) if (matches(name.replace(sharedPrefix, ''), topic)) copies++;
    return copies;
  }

  private add(filter: string, client: number): void {
    if (sharedPrefix.test(filter)) {
      this.shared.add(filter);
      return;
    }
    this.filters.add(filter, client);
  }
}

/** Filters by their levels, so that a topic meets only those that begin as it does, however many clients have their own. */
class FilterTree {
  private readonly levels = new Map<string, FilterTree>();
  private readonly clients: number[] = [];

  add(filter: string, client: number): void {
    let tree: FilterTree = this;
    for (const level of filter.split('/')) {
      let next = tree.levels.get(level);
      if (next === undefined) {
        next = new FilterTree();
        tree.levels.set(level, next);
      }
      tree = next;
    }
    tree.clients.push(client);
  }

  /** Clients with a filter that matches, each once; by the rules of {@link matches}. */
  matching(topic: string): number[] {
    const found = new Set<number>();
    this.collect(topic.split('/'), 0, found);
    return [...found];
  }

  private collect(topic: readonly string[], at: number, found: Set<number>): void {
    const { levels } = this;
    const wild = at > 0 || topic[0]?.startsWith('$') !== true;
    if (wild) for (const client of levels.get('#')?.clients ?? []) found.add(client);
    if (at === topic.length) {
      for (const client of this.clients) found.add(client);
      return;
    }
    levels.get(topic[at] as string)?.collect(topic, at + 1, found);
    if (wild) levels.get('+')?.collect(topic, at + 1, found);
  }
}

/** Filters of one client that match a topic; a broker may send a copy for each (MQTT 3.1.1, 3.3.5). */
export function matchingFilters(plan: LoadPlan, client: ClientName, topic: string): number {
  const filters = new Set(subscriptionsOf(plan, client).map(({ topic: filter }) => filter.replace(sharedPrefix, '')));
  return [...filters].filter((filter) => matches(filter, topic)).length;
}

/** MQTT 5.0, 4.7: `+` is one level, `#` all the rest including the parent; neither matches a leading `$`. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const given = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= given.length || (level !== '+' && level !== given[i])) return false;
  }
  return wanted.length === given.length;
}
