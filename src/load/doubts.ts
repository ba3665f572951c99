import { formatCount, formatDuration, formatShare } from '../base/units.js';
import type { Histogram } from '../metrics/histogram.js';
import type { DistributionName, MetricName } from '../metrics/registry.js';
import type { Distribution, Doubt, MetricSet } from '../result/types.js';
import type { LoadPlan } from './contract.js';
import type { DoneLate } from './done-late.js';
import type { WorkerReport } from './messages.js';

export interface DoubtInput {
  readonly plan: LoadPlan;
  readonly reports: readonly WorkerReport[];
  readonly metrics: MetricSet;
  readonly windows: Readonly<Record<string, MetricSet>>;
  /** The part of `loop.delay` that was measured from the first due publish on. */
  readonly loopOfTraffic: Histogram;
  /** What was left when publishing ended, where that is much. */
  readonly late: DoneLate | undefined;
}

/** A send later than this, or a loop held up for longer, is visible in latencies of a few milliseconds. */
const lateLimitMicros = 5_000;
const loopLimitMicros = 20_000;
const lateShareLimit = 0.01;
const boundCore = 0.9;
const rateTolerance = 0.02;
/** With fewer samples beyond it, a percentile is hardly more than the maximum. */
const samplesBeyond = 2;

/** What the generator itself knows against its numbers. */
export function findDoubts(input: DoubtInput): Doubt[] {
  return [
    ...clientsMissing(input),
    ...lateSends(input),
    ...loopDelay(input),
    ...generatorBound(input),
    ...receiveDropped(input),
    ...(input.late === undefined ? rateMissed(input) : leftOver(input, input.late)),
    ...lateBoundaries(input),
    ...fewSamples(input),
  ];
}

function clientsMissing({ plan, metrics }: DoubtInput): Doubt[] {
  const connected = metrics.values['clients.connected'] ?? 0;
  if (connected >= plan.clients) return [];
  const message = `${formatCount(connected)} of ${formatCount(plan.clients)} clients connected`;
  return [
    {
      code: 'clients-missing',
      message,
      advice: 'see the errors by kind; lower the connect rate or the number of clients',
    },
  ];
}

function lateSends({ reports, metrics }: DoubtInput): Doubt[] {
  const late = reports.reduce((sum, report) => sum + report.lateSends, 0);
  const lateness = metrics.distributions['publish.late'];
  if (lateness === undefined || late <= lateness.count * lateShareLimit) return [];
  const share = formatShare(late / lateness.count);
  return [
    {
      code: 'late-sends',
      metric: 'publish.ack',
      message: `${share} of the publishes were written more than ${formatDuration(lateLimitMicros)} after they were due (P99 ${formatDuration(lateness.p99)})`,
      advice: 'lower the rate or add workers; compare publish.ack with publish.ack.raw',
    },
  ];
}

/** What a doubt says of the phase that it is about. */
const whileConnecting = { phase: 'connect', text: ' while clients connected' } as const;

function loopDelay({ metrics, loopOfTraffic }: DoubtInput): Doubt[] {
  const delay = metrics.distributions['loop.delay'];
  if (delay === undefined || delay.p99 <= loopLimitMicros) return [];
  const inTraffic = loopOfTraffic.count > 0 && loopOfTraffic.percentile(99) > loopLimitMicros;
  const { text, ...about } = inTraffic ? { text: '' } : whileConnecting;
  return [
    {
      code: 'loop-delay',
      metric: 'loop.delay',
      ...about,
      message: `the event loop of the generator was held up${text}: P99 ${formatDuration(delay.p99)}, at most ${formatDuration(delay.max)}`,
      advice: 'add workers, lower the rate, or keep other programs off this machine',
    },
  ];
}

function generatorBound({ reports }: DoubtInput): Doubt[] {
  const most = ({ busyShare }: WorkerReport): number => Math.max(busyShare.connecting, busyShare.traffic);
  const bound = reports.filter((report) => most(report) >= boundCore);
  if (bound.length === 0) return [];
  const busiest = Math.max(...bound.map(most));
  const inTraffic = bound.some(({ busyShare }) => busyShare.traffic >= boundCore);
  const { text, ...about } = inTraffic ? { text: '' } : whileConnecting;
  return [
    {
      code: 'generator-bound',
      ...about,
      message: `${bound.length} of ${reports.length} generator processes used up to ${formatShare(busiest)} of a core${text}`,
      advice: 'add workers where cores are free; with a closed loop this is the generator’s limit, not the broker’s',
    },
  ];
}

function receiveDropped({ reports }: DoubtInput): Doubt[] {
  const dropped = reports.reduce((sum, report) => sum + report.receiveDrops, 0);
  if (dropped === 0) return [];
  const message = `the kernel dropped ${formatCount(dropped)} datagrams before the generator read them: its receive buffers were full`;
  const advice = 'add workers or lower the rate; a larger net.core.rmem_max gives larger buffers';
  return [{ code: 'receive-drops', message, advice }];
}

function rateMissed({ plan, metrics }: DoubtInput): Doubt[] {
  const offered = metrics.values['rate.offered'];
  const achieved = metrics.values['rate.achieved'];
  if (plan.publish?.rate === undefined || offered === undefined || achieved === undefined) return [];
  if (Math.abs(achieved - offered) <= offered * rateTolerance) return [];
  return [
    {
      code: 'rate-missed',
      metric: 'rate.achieved',
      message: `${formatCount(offered)}/s were offered, ${formatCount(achieved)}/s achieved`,
      advice: 'above what the path or the broker can carry, latencies are those of a growing queue: lower the rate',
    },
  ];
}

/** Words for what was left when publishing ended. */
function leftOver({ metrics }: DoubtInput, { key, done, counts }: DoneLate): Doubt[] {
  const word = key === 'sent' ? 'written' : 'acknowledged';
  const late = `${formatCount(counts[key])} of ${formatCount(done)} publishes were ${word} only after publishing had ended`;
  return [
    {
      code: 'rate-missed',
      metric: 'rate.achieved',
      message: `${late}; until then it was ${formatCount(metrics.values['rate.achieved'] ?? 0)}/s`,
      advice: 'what goes through is the lower rate, and latencies are those of a growing queue: lower the rate',
    },
  ];
}

function lateBoundaries({ reports }: DoubtInput): Doubt[] {
  const latest = Math.max(0, ...reports.map((report) => report.boundaryLateMicros));
  if (latest === 0) return [];
  const message = `a measure window began up to ${formatDuration(latest)} late in one of the generator processes`;
  return [{ code: 'loop-delay', message, advice: 'add workers or lower the rate' }];
}

/** One doubt per metric; windows are judged by their own counts. */
function fewSamples({ metrics, windows }: DoubtInput): Doubt[] {
  const few = new Map<MetricName, string>();
  const look = (set: MetricSet, where: string): void => {
    for (const [name, distribution] of Object.entries(set.distributions) as [DistributionName, Distribution][]) {
      if (name === 'loop.delay' || few.has(name)) continue;
      const beyond = distribution.count * 0.01;
      if (beyond < samplesBeyond) few.set(name, `${formatCount(distribution.count)} samples${where}`);
    }
  };
  look(metrics, '');
  for (const [name, set] of Object.entries(windows)) look(set, ` in ${name}`);
  return [...few].map(([metric, count]) => ({
    code: 'few-samples' as const,
    metric,
    message: `${count}: fewer than ${samplesBeyond} lie beyond the P99`,
    advice: 'take more clients, a longer run or repeats',
  }));
}
