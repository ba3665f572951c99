import { sumOf } from '../../base/numbers/sum.js';
import { type LoadPlan, rateOf } from '../../plan/plan.js';
import type { Timeline } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import { Fleets } from '../fleets.js';
import type { WorkerReport } from '../messages.js';
import { addressesOf, countersOf, errorsOf, resourcesOf } from './counted.js';
import { type Ledger, ledgerOf } from './ledger.js';
import { type Part, partOf } from './part.js';
import type { AllPublished, Timing } from './rates.js';
import { samplesOf } from './samples.js';
import { ofSeveral } from './several.js';
import { sharesOf } from './shares.js';

export interface ReportInput extends Timing {
  /** Of each fleet of the cell. */
  readonly plans: readonly LoadPlan[];
  readonly reports: readonly WorkerReport[];
  readonly timeline: Timeline;
}

/** Merges what the workers measured. Nothing is averaged: histograms and counts are added. */
export function loadReport(input: ReportInput): LoadReport {
  const { plans, reports, timeline, drained } = input;
  const fleets = new Fleets(plans);
  const samples = plans.map((_, fleet) =>
    samplesOf(
      reports.filter((report) => (report.fleet ?? 0) === fleet),
      input.publishEnd,
    ),
  );
  const counts = samples.map(({ whole }) => whole.counts);
  const ledger = ledgerOf({ fleets, reports, counts, drained });
  const all: AllPublished | undefined =
    plans.length === 1 ? undefined : { sent: sumOf(counts, ({ sent }) => sent), perSecond: rateOfAll(plans) };
  const parts = samples.map((one, fleet) => {
    const plan = plans[fleet] as LoadPlan;
    return partOf(input, { plan, all, samples: one, missing: ledger.missing[fleet] });
  });
  const [only] = parts as [Part];
  const { metrics, windows, events, doubts, named } =
    parts.length === 1 ? { ...only, named: undefined } : ofSeveral(input, parts, missingOf(ledger));
  return {
    ...{ metrics, windows, events, ledger: ledger.rows, timeline },
    ...(named === undefined ? {} : { fleets: named }),
    addresses: addressesOf(reports),
    errors: errorsOf(reports),
    counters: countersOf(reports),
    resources: resourcesOf(reports),
    workers: sharesOf(plans, reports),
    doubts,
  };
}

const missingOf = ({ rows }: Ledger): number => sumOf(rows, ({ missing }) => missing);

/** Undefined where any publishes in a closed loop. */
function rateOfAll(plans: readonly LoadPlan[]): number | undefined {
  const rates = plans.filter(({ publish }) => publish !== undefined).map(rateOf);
  return rates.includes(undefined) ? undefined : sumOf(rates, (rate) => rate ?? 0);
}
