import type { LedgerRow } from '../result/types.js';
import type { LoadPlan, TopicPlan } from './contract.js';
import type { WorkerReport } from './messages.js';
import { nameClient, publishTopic, subscriptionsOf } from './naming.js';
import { addCounts, type Counts, noCounts } from './segment.js';
import { globalNumber } from './split.js';

/**
 * The books of a run: what was offered, and what became of it. `received` counts
 * first copies per subscriber, so with fan-out it is larger than `sent`, and
 * `missing` is what the subscriptions should have brought less what they did.
 */
export function ledgerOf(plan: LoadPlan, reports: readonly WorkerReport[], counts: Counts): LedgerRow[] {
  const { publish, subscribe } = plan;
  if (publish === undefined) return [];
  if (publish.each !== undefined) return byQos(plan, publish.each, reports, counts);
  const expected = subscribe === undefined ? 0 : expectedDeliveries(plan, reports);
  const missing = Math.max(0, expected - counts.received);
  const row = { ...counts, qos: publish.qos, missing };
  return [{ ...row, verdict: verdictOf(plan, reports, row) }];
}

/**
 * A row for each QoS of topics that have their own. Publishes written again are counted together, so they are all in
 * the row of the highest QoS.
 */
function byQos(
  plan: LoadPlan,
  each: readonly TopicPlan[],
  reports: readonly WorkerReport[],
  counts: Counts,
): LedgerRow[] {
  const levels = [...new Set(each.map(({ qos }) => qos))].sort();
  const expected = deliveriesByTopic(plan, reports);
  return levels.map((qos, i) => {
    const sums = noCounts();
    let promised = 0;
    for (const [flow, topic] of each.entries()) {
      if (topic.qos !== qos) continue;
      promised += expected[flow] ?? 0;
      for (const { byTopic } of reports) addCounts(sums, { ...noCounts(), ...byTopic?.[flow] });
    }
    const resent = i === levels.length - 1 ? counts.resent : 0;
    const row = { ...sums, qos, resent, missing: Math.max(0, promised - sums.received) };
    return { ...row, verdict: verdictOf(plan, reports, row) };
  });
}

/** Deliveries that the subscriptions promise for what was sent. */
export function expectedDeliveries(plan: LoadPlan, reports: readonly WorkerReport[]): number {
  return deliveriesByTopic(plan, reports).reduce((sum, deliveries) => sum + deliveries, 0);
}

function deliveriesByTopic(plan: LoadPlan, reports: readonly WorkerReport[]): number[] {
  const { publish, subscribe, topics = 1 } = plan;
  const deliveries = new Array<number>(topics).fill(0);
  if (publish === undefined || subscribe === undefined) return deliveries;
  const subscribers = new Map<string, number>();
  for (let number = 0; number < plan.clients; number++) {
    const client = nameClient(plan, number);
    if (!client.subscribes) continue;
    for (const { topic } of subscriptionsOf(plan, client)) subscribers.set(topic, (subscribers.get(topic) ?? 0) + 1);
  }
  const byTopic = new Map<string, number>();
  for (const report of reports) {
    for (const [local, sent] of report.sentByClient.entries()) {
      if (sent === 0) continue;
      const client = nameClient(plan, globalNumber(local, report.share));
      for (let flow = 0; flow < topics; flow++) {
        const topic = publishTopic(plan, client, 0, flow);
        const matching = byTopic.get(topic) ?? subscribersOf(topic, subscribers);
        byTopic.set(topic, matching);
        // Topics without a pace of their own are published to in turn.
        const messages = report.sentByTopic?.[local]?.[flow] ?? Math.ceil((sent - flow) / topics);
        deliveries[flow] = (deliveries[flow] as number) + messages * matching;
      }
    }
  }
  return deliveries;
}

/** Copies that one message brings: one per matching subscriber, one per shared group. */
function subscribersOf(topic: string, subscribers: ReadonlyMap<string, number>): number {
  let copies = subscribers.get(topic) ?? 0;
  for (const [filter, count] of subscribers) {
    if (filter === topic || !/[+#]|^\$share\//.test(filter)) continue;
    const shared = /^\$share\/[^/]+\/(.*)$/.exec(filter);
    if (shared !== null) copies += matches(shared[1] as string, topic) ? 1 : 0;
    else if (matches(filter, topic)) copies += count;
  }
  return copies;
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

/**
 * Whether the QoS kept its promise. Only what is certain counts as broken:
 * messages that were never acknowledged may be missing under every QoS, and a
 * subscriber without a persistent session that was cut is promised nothing for the time it was away.
 */
function verdictOf(
  plan: LoadPlan,
  reports: readonly WorkerReport[],
  row: Omit<LedgerRow, 'verdict'>,
): LedgerRow['verdict'] {
  if (plan.subscribe === undefined || row.sent === 0) return 'no-data';
  // Filters with a QoS of their own are those of the topics: each message arrives as it was published.
  const effective = plan.subscribe.each === undefined ? Math.min(plan.subscribe.qos, row.qos) : row.qos;
  if (effective === 0) return 'nothing-promised';
  const ended = ['connections.left', 'streams.died'] as const; // a data stream takes its subscriptions along
  const cut = reports.some(
    ({ disconnects, counters }) => disconnects > 0 || ended.some((name) => (counters?.[name] ?? 0) > 0),
  );
  if (effective === 2 && row.duplicate > 0) return cut && plan.clean ? 'nothing-promised' : 'broken';
  const unacknowledged = Math.max(0, row.sent - row.acknowledged);
  if (row.missing <= unacknowledged) return row.missing === 0 || unacknowledged > 0 ? 'kept' : 'broken';
  const mayExpire = plan.publish?.properties?.messageExpiryInterval !== undefined; // MQTT 5.0, 3.3.2.3.3
  return mayExpire || (cut && plan.clean) ? 'nothing-promised' : 'broken';
}
