import { sumOf } from '../../base/numbers/sum.js';
import type { LoadPlan } from '../../plan/plan.js';
import { nameClient } from '../client/naming.js';
import { SubscriptionIndex } from '../client/subscriptions.js';
import type { CellFleet, Fleets } from '../fleets.js';
import type { PublishedBooks, TopicArrivals, WorkerReport } from '../messages.js';
import type { Counts } from '../segment.js';
import { published } from '../worker/deliveries.js';

/** What was counted of a load, from which its books are made. */
export interface Counted {
  readonly fleets: Fleets;
  readonly reports: readonly WorkerReport[];
  /** Of each fleet over the whole run. */
  readonly counts: readonly Counts[];
}

/** The subscribers of a fleet; of several, where a group of a shared subscription has clients of more than one. */
export interface Receiver {
  readonly fleets: readonly number[];
  readonly plans: readonly LoadPlan[];
  readonly reports: readonly WorkerReport[];
  /** Of messages on these topics, which are counted over all fleets. */
  arrived(flows: readonly number[]): TopicArrivals;
  missing(flows: readonly number[]): number;
  /** Missing ones that a later message of their publisher and topic has overtaken. */
  overtaken(flows: readonly number[]): number;
}

/** Everybody who subscribes. */
export function receiversOf(counted: Counted): Receiver[] {
  const { fleets, reports } = counted;
  const subscribing = fleets.plans.flatMap(({ subscribe }, fleet) => (subscribe === undefined ? [] : [fleet]));
  // Books of subscribers that share their messages do not say who was to get one: then it goes by the number of all copies.
  const apart = subscribing.filter((fleet) => byFlow(of(reports, [fleet]), ({ missing }) => missing) !== undefined);
  const sharing = subscribing.filter((fleet) => !apart.includes(fleet));
  const groups = groupsMeet(fleets, sharing) ? [sharing] : sharing.map((fleet) => [fleet]);
  return [...apart.map((fleet) => receiver(counted, [fleet])), ...groups.map((group) => receiver(counted, group))];
}

function receiver(counted: Counted, which: readonly number[]): Receiver {
  const { fleets, counts } = counted;
  const reports = of(counted.reports, which);
  const missing = byFlow(reports, (report) => report.missing);
  const overtaken = byFlow(reports, (report) => report.overtaken);
  const expected = missing === undefined ? deliveriesByFlow(fleets, booksIn(counted.reports), which) : [];
  const arrived: Receiver['arrived'] = (flows) => {
    // Of one fleet with one pace everything that arrived is on its topics.
    if (!fleets.countsFlows) return counts[which[0] as number] as Counts;
    const sum = (name: keyof TopicArrivals): number =>
      sumOf(reports, ({ byTopic }) => sumOf(flows, (flow) => byTopic?.[flow]?.[name] ?? 0));
    return { received: sum('received'), duplicate: sum('duplicate'), disordered: sum('disordered') };
  };
  const sum = (list: readonly number[] = [], flows: readonly number[]): number =>
    sumOf(flows, (flow) => list[flow] ?? 0);
  return {
    ...{ fleets: which, reports, arrived },
    plans: which.map((fleet) => fleets.plans[fleet] as LoadPlan),
    missing: (flows) =>
      missing === undefined ? Math.max(0, sum(expected, flows) - arrived(flows).received) : sum(missing, flows),
    overtaken: (flows) => sum(overtaken, flows),
  };
}

const of = (reports: readonly WorkerReport[], which: readonly number[]): WorkerReport[] =>
  reports.filter(({ fleet = 0 }) => which.includes(fleet));

/** Whether fleets together get fewer copies than each by itself: a group of a shared subscription has clients of several. */
function groupsMeet(fleets: Fleets, which: readonly number[]): boolean {
  if (which.length < 2) return false;
  const names = (some: readonly number[]): number => indexOf(fleets, some).sharedNames;
  return names(which) < sumOf(which, (fleet) => names([fleet]));
}

/** By each subscriber's own books; undefined where they do not say which subscriber was to get a message. */
function byFlow(
  reports: readonly WorkerReport[],
  counts: (report: WorkerReport) => readonly number[] | undefined,
): number[] | undefined {
  const sums: number[] = [];
  for (const report of reports) {
    const own = counts(report);
    if (own === undefined) return undefined;
    own.forEach((count, flow) => {
      sums[flow] = (sums[flow] ?? 0) + count;
    });
  }
  return sums;
}

const booksIn = (reports: readonly WorkerReport[]): PublishedBooks[] => reports.flatMap(({ books }) => books ?? []);

/** Deliveries that the subscriptions of all fleets promise for what was sent. */
export function expectedDeliveries(fleets: Fleets, books: readonly PublishedBooks[]): number {
  const all = [...fleets.plans.keys()];
  return sumOf(deliveriesByFlow(fleets, books, all), (deliveries) => deliveries);
}

/** By topic over all fleets. @param which the fleets whose subscribers get them */
function deliveriesByFlow(fleets: Fleets, books: readonly PublishedBooks[], which: readonly number[]): number[] {
  const deliveries = new Array<number>(fleets.flows).fill(0);
  if (!fleets.publishes || !fleets.subscribes) return deliveries;
  const index = indexOf(fleets, which);
  const copies = new Map<string, number>();
  for (const one of published(fleets, books)) {
    const topic = fleets.topicOf(one, one.flow);
    const each = copies.get(topic) ?? index.copiesOf(topic);
    copies.set(topic, each);
    const flow = fleets.flowOf(one, one.flow);
    deliveries[flow] = (deliveries[flow] as number) + one.sent * each;
  }
  return deliveries;
}

function indexOf({ all }: Fleets, which: readonly number[]): SubscriptionIndex {
  const index = new SubscriptionIndex();
  for (const fleet of which) {
    const { plan, firstClient } = all[fleet] as CellFleet;
    const names = Array.from({ length: plan.clients }, (_, number) => nameClient(plan, number));
    index.add(plan, names, firstClient);
  }
  return index;
}
