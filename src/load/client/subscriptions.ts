import { sharedFilterOf, TopicIndex } from '../../mqtt/topics.js';
import type { LoadPlan } from '../../plan/plan.js';
import { type ClientName, subscriptionsOf } from './naming.js';

/** Whether any filter of a plan, of all its subscribers alike, is one of a group that shares its messages. */
export function sharesMessages({ subscribe }: LoadPlan): boolean {
  if (subscribe === undefined) return false;
  const filters = subscribe.each?.map(({ topic }) => topic) ?? [subscribe.topic ?? '', ...(subscribe.further ?? [])];
  return filters.some((filter) => sharedFilterOf(filter) !== undefined);
}

/** Which of some clients a message on a topic is for: by their filters, each client once. Empty at first. */
export class SubscriptionIndex {
  private readonly own = new TopicIndex<number>();
  /** Whole names of shared subscriptions, `$share/<group>/<filter>` (MQTT 5.0, 4.8.2), each once. */
  private readonly shared = new TopicIndex<string>();
  private readonly names = new Set<string>();
  private readonly clientsByTopic = new Map<string, readonly number[]>();

  /** Further clients. @param first so much is added to their numbers, which are those of another fleet's clients as well */
  add(plan: LoadPlan, clients: Iterable<ClientName>, first = 0): this {
    for (const client of clients) {
      if (!client.subscribes) continue;
      for (const { topic } of subscriptionsOf(plan, client)) this.addFilter(topic, first + client.number);
    }
    return this;
  }

  get isShared(): boolean {
    return this.names.size > 0;
  }

  /** Shared subscriptions: so many groups there are, each with its filter. */
  get sharedNames(): number {
    return this.names.size;
  }

  /** Numbers of the clients with a filter of their own that matches, each once however many match. */
  clientsOf(topic: string): readonly number[] {
    let found = this.clientsByTopic.get(topic);
    if (found === undefined) {
      found = [...new Set(this.own.match(topic))];
      this.clientsByTopic.set(topic, found);
    }
    return found;
  }

  /** Copies that one message brings: one per subscriber with a filter of its own, and one per shared subscription. */
  copiesOf(topic: string): number {
    return this.clientsOf(topic).length + this.shared.match(topic).length;
  }

  private addFilter(name: string, client: number): void {
    const filter = sharedFilterOf(name);
    if (filter === undefined) this.own.add(name, client);
    else if (!this.names.has(name)) this.shared.add(filter, name);
    if (filter !== undefined) this.names.add(name);
  }
}

/** Filters of one client that match a topic; a broker may send a copy for each (MQTT 3.1.1, 3.3.5). */
export function matchingFilters(plan: LoadPlan, client: ClientName, topic: string): number {
  const index = new TopicIndex<string>();
  const filters = subscriptionsOf(plan, client).map(({ topic: name }) => sharedFilterOf(name) ?? name);
  for (const filter of new Set(filters)) index.add(filter, filter);
  return index.match(topic).length;
}
