import type { LoadPlan } from './contract.js';
import { type ClientName, subscriptionsOf } from './naming.js';

const sharedPrefix = /^\$share\/[^/]+\//;

/** Which of some clients a message on a topic is for: by their filters, each client once. */
export class SubscriptionIndex {
  private readonly exact = new Map<string, Set<number>>();
  private readonly wild = new Map<string, Set<number>>();
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
      found = this.find(topic);
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
    const sets = /[+#]/.test(filter) ? this.wild : this.exact;
    const clients = sets.get(filter);
    if (clients === undefined) sets.set(filter, new Set([client]));
    else clients.add(client);
  }

  private find(topic: string): readonly number[] {
    const sets: Set<number>[] = [];
    const own = this.exact.get(topic);
    if (own !== undefined) sets.push(own);
    for (const [filter, clients] of this.wild) if (matches(filter, topic)) sets.push(clients);
    const [only] = sets;
    if (only !== undefined && sets.length === 1) return [...only];
    return [...new Set(sets.flatMap((set) => [...set]))];
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
