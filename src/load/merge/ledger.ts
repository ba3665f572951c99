import { sumOf } from '../../base/numbers/sum.js';
import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import type { LedgerRow } from '../../result/types.js';
import { sharesMessages } from '../client/subscriptions.js';
import type { CellFleet } from '../fleets.js';
import type { WorkerReport } from '../messages.js';
import type { Counts } from '../segment.js';
import { type Counted, type Receiver, receiversOf } from './receivers.js';

export interface LedgerInput extends Counted {
  /** Whether the wait at the end saw everything arrive. */
  readonly drained?: boolean;
}

export interface Ledger {
  /** One for each QoS that anything was published with. */
  readonly rows: readonly LedgerRow[];
  /** What did not come to the subscribers of each fleet; undefined: a group that shares messages has clients of several fleets. */
  readonly missing: readonly (number | undefined)[];
}

/**
 * The books of a run: what was offered, and what became of it. `received` counts first copies per subscriber, so with
 * fan-out it is larger than `sent`, and `missing` is what the subscriptions should have brought and did not.
 */
export function ledgerOf(input: LedgerInput): Ledger {
  const { fleets } = input;
  const receivers = fleets.publishes ? receiversOf(input) : [];
  const everything = [...new Array(fleets.flows).keys()];
  const missing = fleets.plans.map((_, fleet) => {
    const own = receivers.find((receiver) => receiver.fleets.includes(fleet));
    return own === undefined ? 0 : own.fleets.length > 1 ? undefined : own.missing(everything);
  });
  const levels = fleets.publishes ? levelsOf(input) : [];
  return { rows: levels.map((level, i) => rowOf(input, receivers, level, i === levels.length - 1)), missing };
}

/** A QoS, and the topics that are published with it, counted over all fleets. */
interface Level {
  readonly qos: 0 | 1 | 2;
  readonly flows: readonly number[];
}

/** Publishing fleets of one pace have one QoS on all their topics; topics with a pace of their own have theirs. */
function levelsOf({ fleets }: LedgerInput): Level[] {
  const flows = fleets.all.flatMap(({ plan, firstFlow }) => {
    if (plan.publish === undefined) return [];
    const each = ownTopics(plan);
    const { qos } = plan.publish;
    return Array.from({ length: plan.topics ?? 1 }, (_, flow) => ({
      flow: firstFlow + flow,
      qos: each?.[flow]?.qos ?? qos,
    }));
  });
  const levels = [...new Set(flows.map(({ qos }) => qos))].sort();
  return levels.map((qos) => ({ qos, flows: flows.filter((one) => one.qos === qos).map(({ flow }) => flow) }));
}

/** @param isHighest publishes written again are counted together, so they are all in the row of the highest QoS */
function rowOf(input: LedgerInput, receivers: readonly Receiver[], level: Level, isHighest: boolean): LedgerRow {
  const { qos, flows } = level;
  const arrived = receivers.map((receiver) => receiver.arrived(flows));
  const row = {
    ...{ qos, ...writtenOf(input, level) },
    resent: isHighest ? sumOf(input.counts, ({ resent }) => resent) : 0,
    received: sumOf(arrived, ({ received }) => received),
    duplicate: sumOf(arrived, ({ duplicate }) => duplicate),
    disordered: sumOf(arrived, ({ disordered }) => disordered),
    missing: sumOf(receivers, (receiver) => receiver.missing(flows)),
  };
  return { ...row, verdict: verdictOf(input, receivers, row, flows) };
}

type Written = Pick<Counts, 'offered' | 'sent' | 'acknowledged'>;

/** What became due with a QoS, was written and acknowledged. */
function writtenOf({ fleets, reports, counts }: LedgerInput, { qos, flows }: Level): Written {
  const sum = (name: keyof Written): number =>
    sumOf(fleets.all.entries(), ([fleet, { plan }]) => {
      if (plan.publish === undefined) return 0;
      if (ownTopics(plan) === undefined) return plan.publish.qos === qos ? (counts[fleet] as Counts)[name] : 0;
      const own = flows.filter((flow) => isOf(fleets.all[fleet] as CellFleet, flow));
      const workers = reports.filter((report) => (report.fleet ?? 0) === fleet);
      return sumOf(workers, ({ byTopic }) => sumOf(own, (flow) => byTopic?.[flow]?.[name] ?? 0));
    });
  return { offered: sum('offered'), sent: sum('sent'), acknowledged: sum('acknowledged') };
}

const isOf = ({ plan, firstFlow }: CellFleet, flow: number): boolean =>
  flow >= firstFlow && flow < firstFlow + (plan.topics ?? 1);

type Row = Omit<LedgerRow, 'verdict'>;
type Verdict = LedgerRow['verdict'];

/**
 * Of several fleets of subscribers what matters most. What is missing and was promised to nobody stands before what was kept to
 * others: a row that misses messages has to say why.
 */
const order: readonly Verdict[] = ['broken', 'not-settled', 'kept', 'nothing-promised', 'no-data'];

function verdictOf(input: LedgerInput, receivers: readonly Receiver[], row: Row, flows: readonly number[]): Verdict {
  const judged = receivers.map((receiver) => {
    const own = { ...row, ...receiver.arrived(flows), missing: receiver.missing(flows) };
    return { ...own, verdict: verdictTo(input, receiver, own, flows) };
  });
  // Subscribers of other topics have been promised nothing of these.
  const some = judged.filter(({ received, missing }) => received + missing > 0);
  const concerned = some.length > 0 ? some : judged;
  const isExcused = concerned.some(({ verdict, missing }) => verdict === 'nothing-promised' && missing > 0);
  const found = order.find((one) => concerned.some(({ verdict }) => verdict === one)) ?? 'no-data';
  return found === 'kept' && isExcused ? 'nothing-promised' : found;
}

/**
 * Whether the QoS kept its promise to some subscribers. Only what is certain counts as broken:
 * messages that were never acknowledged may be missing under every QoS, a subscriber without a persistent session that
 * was cut is promised nothing for the time it was away, and one that was never subscribed nothing at all. What had not
 * come when the wait at the end was over may still come, unless a later message of the same publisher and topic has
 * (MQTT 5.0, 4.6), or nothing of all that was published ever did.
 */
function verdictTo(
  { fleets, reports: all, drained = true }: LedgerInput,
  receiver: Receiver,
  row: Row,
  flows: readonly number[],
): Verdict {
  const { plans, reports } = receiver;
  if (row.sent === 0) return 'no-data';
  const subscribed = Math.min(...plans.map(({ subscribe }) => subscribe?.qos ?? 0));
  const granted = grantedLeast(reports, subscribed);
  const effective = Math.min(granted, row.qos); // filters of topics have theirs, or more
  if (effective === 0 || row.acknowledged === 0) return 'nothing-promised';
  // A publisher that was cut may publish what it had written once more, unless its session went on.
  if (effective === 2 && row.duplicate > 0)
    return wereCut(all) && fleets.plans.some(({ clean }) => clean) ? 'nothing-promised' : 'broken';
  const unacknowledged = Math.max(0, row.sent - row.acknowledged);
  if (row.missing <= unacknowledged) return row.missing === 0 || unacknowledged > 0 ? 'kept' : 'broken';
  const publishers = fleets.all.filter((fleet) => flows.some((flow) => isOf(fleet, flow)));
  const mayExpire = publishers.some(({ plan }) => expires(plan)); // MQTT 5.0, 3.3.2.3.3
  const neverSubscribed = reports.some((report) => (report.neverSubscribed ?? 0) > 0);
  // Before MQTT 5 a shared subscription is a filter like any other to a broker that does not know them.
  const unknownShare = row.received === 0 && plans.some((plan) => plan.mqttVersion !== 5 && sharesMessages(plan));
  const away = wereCut(reports) && plans.some(({ clean }) => clean);
  if (mayExpire || neverSubscribed || unknownShare || away) return 'nothing-promised';
  // It may be on its way to a reader that does not read.
  if (plans.some(({ subscribe }) => subscribe?.reads !== undefined)) return 'not-settled';
  return !drained && row.received > 0 && receiver.overtaken(flows) <= unacknowledged ? 'not-settled' : 'broken';
}

const expires = ({ publish }: LoadPlan): boolean => publish?.properties?.messageExpiryInterval !== undefined;

/** Whether connections of these workers' clients ended; a data stream takes its subscriptions along. */
const wereCut = (reports: readonly WorkerReport[]): boolean =>
  reports.some(({ disconnects, counters }) => disconnects > 0 || ended.some((name) => (counters?.[name] ?? 0) > 0));
const ended = ['connections.left', 'streams.died'] as const;

/** The lowest QoS that the broker granted a subscriber: it promises no more than that (MQTT 5.0, 3.9.3). */
function grantedLeast(reports: readonly WorkerReport[], asked: number): number {
  const isGranted = (qos: number): boolean =>
    reports.some(({ counters }) => (counters?.[`reason.suback.granted-qos-${qos}`] ?? 0) > 0);
  return [0, 1].find((qos) => qos < asked && isGranted(qos)) ?? asked;
}
