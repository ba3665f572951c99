import { Random } from '../../base/numbers/random.js';
import { ownEntry } from '../../base/own.js';
import { type FeedRow, type FilterPlan, isMixed, type LoadPlan, ownTopics } from '../../plan/plan.js';
import { usualResponseTopic } from '../../plan/request.js';

/** What client `number` is called and what it does; any process can work it out from the plan alone. */
export interface ClientName {
  readonly id: string;
  /** Over the whole load, from 0: who owns it, when it connects. */
  readonly number: number;
  /** What %i stands for: from the start number, counted within its role. */
  readonly shown: number;
  readonly username: string | undefined;
  readonly publishes: boolean;
  readonly subscribes: boolean;
  readonly row: FeedRow | undefined;
}

export function nameClient(plan: LoadPlan, number: number): ClientName {
  const { publishers, startNumber = 0 } = plan;
  const role = publishers === undefined ? undefined : number < publishers ? 'publisher' : 'subscriber';
  const shown = startNumber + (role === 'subscriber' ? number - (publishers as number) : number);
  const row = plan.feed?.[number];
  const id = row?.id ?? `${plan.clientIdPrefix}${startNumber + number}`;
  const username = row?.username ?? plan.username;
  return {
    id,
    number,
    shown,
    username: username && fillVariables(username, { id, number, shown, username: undefined, row }),
    publishes: plan.publish !== undefined && role !== 'subscriber',
    subscribes: plan.subscribe !== undefined && role !== 'publisher',
    row,
  };
}

/** How many clients publish; their numbers are 0 and up. */
export function publisherCount(plan: LoadPlan): number {
  return plan.publish === undefined ? 0 : (plan.publishers ?? plan.clients);
}

/** The topic a client publishes to: that of the flow, else of its row, else the plan's. */
export function publishTopic(plan: LoadPlan, client: ClientName, sequence = 0, flow = 0): string {
  const isOne = isMixed(plan);
  const own = isOne ? undefined : ownTopics(plan)?.[flow]?.topic;
  return fillVariables(own ?? client.row?.topic ?? plan.publish?.topic ?? '', client, sequence, isOne ? 0 : flow);
}

/** What a client subscribes to: each filter, or one for each topic where it tells topics apart. */
export function subscribeTopics(plan: LoadPlan, client: ClientName): string[] {
  const { topic = '', further = [] } = plan.subscribe ?? {};
  const patterns = client.row?.topic === undefined ? [topic, ...further] : [client.row.topic];
  return patterns.flatMap((pattern) => {
    const topics = pattern.includes('%t') ? (plan.topics ?? 1) : 1;
    return Array.from({ length: topics }, (_, flow) => fillVariables(pattern, client, 0, flow));
  });
}

/** The same with QoS and, where the plan says it, stream. */
export function subscriptionsOf(plan: LoadPlan, client: ClientName): FilterPlan[] {
  const { qos = 0, each } = plan.subscribe ?? {};
  if (each !== undefined) return each.map((filter) => ({ ...filter, topic: fillVariables(filter.topic, client) }));
  return subscribeTopics(plan, client).map((topic) => ({ topic, qos }));
}

/** All that a client subscribes to: beside its subscriptions, what it is answered on. */
export function filtersOf(plan: LoadPlan, client: ClientName): FilterPlan[] {
  const { publish } = plan;
  const own = client.subscribes ? subscriptionsOf(plan, client) : [];
  if (!client.publishes || publish?.request !== true) return own;
  const qos = Math.max(publish.qos, ...(ownTopics(plan) ?? []).map((topic) => topic.qos)) as 0 | 1 | 2;
  return [...own, { topic: fillVariables(publish.properties?.responseTopic ?? usualResponseTopic, client), qos }];
}

/** Whether a client's messages differ in more than their stamp, so that each must be built by itself. */
export function changesPerMessage(plan: LoadPlan, client: ClientName): boolean {
  const { publish } = plan;
  if (publish === undefined) return false;
  if (JSON.stringify(publish.properties ?? {}).includes('%s')) return true;
  const { payload } = publish;
  const topics = ownTopics(plan);
  if (topics !== undefined && !isMixed(plan))
    return topics.some(
      (one) => one.topic.includes('%s') || (one.payload.kind === 'template' && one.payload.text.includes('%')),
    );
  if (payload.kind === 'hook' || payload.kind === 'template') return true;
  return (client.row?.topic ?? publish.topic).includes('%s');
}

/**
 * emqtt-bench's variables, with any text around them: %c client id, %i client number, %u user name, %s message
 * number (0 where there is none), %t number of the topic, %rand_N a number from 0 to N-1, the same for a client throughout; and
 * %{column} of the feeder.
 */
export function fillVariables(
  pattern: string,
  client: Pick<ClientName, 'id' | 'number' | 'shown' | 'username'> & { readonly row?: FeedRow | undefined },
  sequence = 0,
  flow = 0,
): string {
  if (!pattern.includes('%')) return pattern;
  const fill = (whole: string, limit: string | undefined, column: string | undefined, letter: string): string => {
    if (limit !== undefined) return String(new Random(client.number + 1).below(Math.max(1, Number(limit))));
    if (column !== undefined) return ownEntry(client.row ?? {}, column) ?? whole;
    if (letter === 'c') return client.id;
    if (letter === 'i') return String(client.shown);
    if (letter === 's') return String(sequence);
    if (letter === 't') return String(flow);
    return client.username ?? '';
  };
  return pattern.replace(/%(?:rand_(\d+)|\{([^}]+)\}|([ciust]))/g, fill);
}
