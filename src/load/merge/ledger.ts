import { sumOf } from '../../base/sum.js';
import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import type { LedgerRow } from '../../result/types.js';
import { nameClient, publishTopic } from '../client/naming.js';
import { SubscriptionIndex, sharesMessages } from '../client/subscriptions.js';
import type { PublishedBooks, WorkerReport } from '../messages.js';
import { addCounts, type Counts, noCounts } from '../segment.js';
import { published } from '../worker/deliveries.js';

/**
 * The books of a run: what was offered, and what became of it. `received` counts first copies per subscriber, so with
 * fan-out it is larger than `sent`, and `missing` is what the subscriptions should have brought and did not.
 */
export function ledgerOf(
  plan: LoadPlan,
  reports: readonly WorkerReport[],
  counts: Counts,
  /** Whether the wait at the end saw everything arrive. */
  drained = true,
): LedgerRow[] {
  const { publish, topics = 1 } = plan;
  if (publish === undefined) return [];
  const missing = sumByTopic(reports, (report) => report.missing);
  const overtaken = sumByTopic(reports, (report) => report.overtaken);
  const expected = missing === undefined ? deliveriesByTopic(plan, booksIn(reports)) : [];
  const each = ownTopics(plan);
  // A row for each QoS of topics that have their own.
  const levels = each === undefined ? [publish.qos] : [...new Set(each.map(({ qos }) => qos))].sort();
  return levels.map((qos, i) => {
    const flows = [...new Array(topics).keys()].filter((flow) => (each?.[flow]?.qos ?? qos) === qos);
    const sum = (byTopic: readonly number[] = []): number => sumOf(flows, (flow) => byTopic[flow] ?? 0);
    const ofLevel = each === undefined ? { ...counts } : countsOf(reports, flows);
    // Publishes written again are counted together, so they are all in the row of the highest QoS.
    ofLevel.resent = i === levels.length - 1 ? counts.resent : 0;
    const missed = missing === undefined ? Math.max(0, sum(expected) - ofLevel.received) : sum(missing);
    const row = { ...ofLevel, qos, missing: missed };
    return { ...row, verdict: verdictOf({ plan, reports, drained }, row, sum(overtaken)) };
  });
}

interface Judged {
  readonly plan: LoadPlan;
  readonly reports: readonly WorkerReport[];
  readonly drained: boolean;
}

/** By each subscriber's own books; undefined where they do not say which subscriber was to get a message. */
function sumByTopic(
  reports: readonly WorkerReport[],
  of: (report: WorkerReport) => readonly number[] | undefined,
): number[] | undefined {
  const sums: number[] = [];
  for (const report of reports) {
    const counts = of(report);
    if (counts === undefined) return undefined;
    counts.forEach((count, topic) => {
      sums[topic] = (sums[topic] ?? 0) + count;
    });
  }
  return sums;
}

function countsOf(reports: readonly WorkerReport[], flows: readonly number[]): Counts {
  const sums = noCounts();
  for (const { byTopic } of reports) for (const flow of flows) addCounts(sums, { ...noCounts(), ...byTopic?.[flow] });
  return sums;
}

const booksIn = (reports: readonly WorkerReport[]): PublishedBooks[] => reports.flatMap(({ books }) => books ?? []);

/** Deliveries that the subscriptions promise for what was sent. */
export function expectedDeliveries(plan: LoadPlan, books: readonly PublishedBooks[]): number {
  return sumOf(deliveriesByTopic(plan, books), (deliveries) => deliveries);
}

function deliveriesByTopic(plan: LoadPlan, books: readonly PublishedBooks[]): number[] {
  const deliveries = new Array<number>(plan.topics ?? 1).fill(0);
  if (plan.publish === undefined || plan.subscribe === undefined) return deliveries;
  const names = Array.from({ length: plan.clients }, (_, number) => nameClient(plan, number));
  const index = new SubscriptionIndex(plan, names);
  const copies = new Map<string, number>();
  for (const [publisher, flow, sent] of published(plan, books)) {
    const topic = publishTopic(plan, nameClient(plan, publisher), 0, flow);
    const each = copies.get(topic) ?? index.copiesOf(topic);
    copies.set(topic, each);
    deliveries[flow] = (deliveries[flow] as number) + sent * each;
  }
  return deliveries;
}

/**
 * Whether the QoS kept its promise. Only what is certain counts as broken:
 * messages that were never acknowledged may be missing under every QoS, a subscriber without a persistent session that
 * was cut is promised nothing for the time it was away, and one that was never subscribed nothing at all. What had not
 * come when the wait at the end was over may still come, unless a later message of the same publisher and topic has
 * (MQTT 5.0, 4.6), or nothing of all that was published ever did.
 * @param overtaken missing messages that a later one of their publisher and topic has overtaken
 */
function verdictOf(
  { plan, reports, drained }: Judged,
  row: Omit<LedgerRow, 'verdict'>,
  overtaken: number,
): LedgerRow['verdict'] {
  if (plan.subscribe === undefined || row.sent === 0) return 'no-data';
  const granted = grantedLeast(reports, plan.subscribe.qos);
  const effective = Math.min(granted, row.qos); // filters of topics have theirs, or more
  if (effective === 0 || row.acknowledged === 0) return 'nothing-promised';
  const ended = ['connections.left', 'streams.died'] as const; // a data stream takes its subscriptions along
  const cut = reports.some(
    ({ disconnects, counters }) => disconnects > 0 || ended.some((name) => (counters?.[name] ?? 0) > 0),
  );
  if (effective === 2 && row.duplicate > 0) return cut && plan.clean ? 'nothing-promised' : 'broken';
  const unacknowledged = Math.max(0, row.sent - row.acknowledged);
  if (row.missing <= unacknowledged) return row.missing === 0 || unacknowledged > 0 ? 'kept' : 'broken';
  const mayExpire = plan.publish?.properties?.messageExpiryInterval !== undefined; // MQTT 5.0, 3.3.2.3.3
  const neverSubscribed = reports.some((report) => (report.neverSubscribed ?? 0) > 0);
  // Before MQTT 5 a shared subscription is a filter like any other to a broker that does not know them.
  const unknownShare = plan.mqttVersion !== 5 && row.received === 0 && sharesMessages(plan);
  if (mayExpire || neverSubscribed || unknownShare || (cut && plan.clean)) return 'nothing-promised';
  if (plan.subscribe.reads !== undefined) return 'not-settled'; // it may be on its way to a reader that does not read
  return !drained && row.received > 0 && overtaken <= unacknowledged ? 'not-settled' : 'broken';
}

/** The lowest QoS that the broker granted a subscriber: it promises no more than that (MQTT 5.0, 3.9.3). */
function grantedLeast(reports: readonly WorkerReport[], asked: number): number {
  const isGranted = (qos: number): boolean =>
    reports.some(({ counters }) => (counters?.[`reason.suback.granted-qos-${qos}`] ?? 0) > 0);
  return [0, 1].find((qos) => qos < asked && isGranted(qos)) ?? asked;
}
