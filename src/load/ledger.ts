import type { LedgerRow } from '../result/types.js';
import type { LoadPlan, TopicPlan } from './contract.js';
import type { WorkerReport } from './messages.js';
import { nameClient, publishTopic, subscribeTopics } from './naming.js';
import type { Counts } from './recorder.js';
import { globalNumber } from './split.js';

/**
 * The books of a run: what was offered, and what became of it. `received` counts
 * first copies per subscriber, so with fan-out it is larger than `sent`, and
 * `missing` is what the subscriptions should have brought less what they did.
 */
export function ledgerOf(plan: LoadPlan, reports: readonly WorkerReport[], counts: Counts): LedgerRow[] {
  const { publish, subscribe } = plan;
  if (publish === undefined) return [];
  if (publish.each !== undefined) return byQos(publish.each, reports, counts);
  const expected = subscribe === undefined ? 0 : expectedDeliveries(plan, reports);
  const missing = Math.max(0, expected - counts.received);
  const row = { ...counts, qos: publish.qos, missing };
  return [{ ...row, verdict: verdictOf(plan, reports, row) }];
}

/**
 * A row for each QoS of topics that have their own. Nobody subscribes in such a run. Publishes written again are
 * counted together, so they are all in the row of the highest QoS.
 */
function byQos(each: readonly TopicPlan[], reports: readonly WorkerReport[], counts: Counts): LedgerRow[] {
  const levels = [...new Set(each.map(({ qos }) => qos))].sort();
  const none = { received: 0, duplicate: 0, disordered: 0, missing: 0, verdict: 'no-data' as const };
  return levels.map((qos, i) => {
    const row = { qos, offered: 0, sent: 0, acknowledged: 0, resent: i === levels.length - 1 ? counts.resent : 0 };
    for (const [flow, topic] of each.entries()) {
      if (topic.qos !== qos) continue;
      for (const { byTopic } of reports) {
        row.offered += byTopic?.[flow]?.offered ?? 0;
        row.sent += byTopic?.[flow]?.sent ?? 0;
        row.acknowledged += byTopic?.[flow]?.acknowledged ?? 0;
      }
    }
    return { ...row, ...none };
  });
}

/** Deliveries that the subscriptions promise for what was sent. */
export function expectedDeliveries(plan: LoadPlan, reports: readonly WorkerReport[]): number {
  const { publish, subscribe, topics = 1 } = plan;
  if (publish === undefined || subscribe === undefined) return 0;
  const subscribers = new Map<string, number>();
  for (let number = 0; number < plan.clients; number++) {
    const client = nameClient(plan, number);
    if (!client.subscribes) continue;
    for (const filter of subscribeTopics(plan, client)) subscribers.set(filter, (subscribers.get(filter) ?? 0) + 1);
  }
  let deliveries = 0;
  const byTopic = new Map<string, number>();
  for (const report of reports) {
    for (const [local, sent] of report.sentByClient.entries()) {
      if (sent === 0) continue;
      const client = nameClient(plan, globalNumber(local, report.share));
      for (let flow = 0; flow < topics; flow++) {
        const topic = publishTopic(plan, client, 0, flow);
        const matching = byTopic.get(topic) ?? subscribersOf(topic, subscribers);
        byTopic.set(topic, matching);
        deliveries += Math.ceil((sent - flow) / topics) * matching; // published to in turn
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
  const effective = Math.min(plan.subscribe.qos, row.qos);
  if (effective === 0) return 'nothing-promised';
  const ended = ['connections.left', 'streams.died'] as const; // a data stream takes its subscriptions along
  const cut = reports.some(
    ({ disconnects, counters }) => disconnects > 0 || ended.some((name) => (counters?.[name] ?? 0) > 0),
  );
  if (effective === 2 && row.duplicate > 0) return cut && plan.clean ? 'nothing-promised' : 'broken';
  const unacknowledged = Math.max(0, row.sent - row.acknowledged);
  if (row.missing <= unacknowledged) return row.missing === 0 || unacknowledged > 0 ? 'kept' : 'broken';
  return cut && plan.clean ? 'nothing-promised' : 'broken';
}
