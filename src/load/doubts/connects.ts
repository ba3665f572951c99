import { formatDuration, formatRate, formatShare } from '../../base/units.js';
import type { MetricName } from '../../metrics/registry.js';
import type { Doubt } from '../../result/types.js';
import { addedUp } from '../histograms.js';
import { type DoubtInput, lateLimitMicros, lateShareLimit } from './input.js';

/** What counts from when a connect was due, and so holds how late the generator was with it. */
const fromDue = ['connect.transport', 'connect.connack', 'connect.suback'] as const satisfies MetricName[];

/** The same rule as for publishes: connects that were begun late hold a queue of the generator. */
export function lateDials({ metrics: { distributions } }: DoubtInput): Doubt[] {
  const late = distributions['connect.late'];
  if (late === undefined || late.p99 <= lateLimitMicros) return [];
  const message = `more than ${formatShare(lateShareLimit)} of the connects were begun more than ${formatDuration(lateLimitMicros)} after they were due (P99 ${formatDuration(late.p99)})`;
  return fromDue
    .filter((metric) => distributions[metric] !== undefined)
    .map((metric) => ({
      code: 'late-dials' as const,
      metric,
      phase: 'connect' as const,
      message,
      advice: 'lower the connect rate or add workers; compare connect.connack with connect.connack.raw',
    }));
}

/** Of clients that were due one after the other, so many in each half are enough to tell a queue from bad luck. */
const fewestOfHalf = 20;
/** What the rate asked for may be missed by: a queue that grows more slowly says little. */
const growthLimit = 0.1;
/** A fleet that is up so much later than it was due was not connected at the rate asked for, for whatever reason. */
const longestRest = 200_000;

/** Connects that came through more slowly than they were due. */
export function connectsMissed(input: DoubtInput): Doubt[] {
  const { plan, metrics } = input;
  const { 'rate.connect': achieved, 'clients.connected': up = 0 } = metrics.values;
  if (achieved === undefined) return [];
  const dueMicros = (up / plan.connectRate) * 1e6;
  const restMicros = (up / achieved) * 1e6 - dueMicros;
  const found = growth(input) ?? rest(dueMicros, restMicros);
  if (found === undefined) return [];
  return [
    {
      code: 'rate-missed',
      metric: 'rate.connect',
      phase: 'connect',
      message: `clients were to connect at ${formatRate(plan.connectRate)} and did at ${formatRate(achieved)}: ${found.message}`,
      advice: found.advice,
    },
  ];
}

type Found = Required<Pick<Doubt, 'message' | 'advice'>>;

/**
 * Of a queue the later a client is due, the longer it waits. The lower quartiles of the earlier and of the later half do
 * not hold the connects that a bad network took seconds for.
 */
function growth({ plan, reports }: DoubtInput): Found | undefined {
  const earlier = addedUp(reports, ({ connectTook }) => connectTook.earlier);
  const later = addedUp(reports, ({ connectTook }) => connectTook.later);
  if (Math.min(earlier.count, later.count) < fewestOfHalf) return undefined;
  const halfMicros = (plan.clients / plan.connectRate / 2) * 1e6;
  const [first, second] = [earlier.percentile(25), later.percentile(25)];
  if (second < 2 * first || second - first < growthLimit * halfMicros) return undefined;
  return {
    message: `of the earlier half the quickest quarter was up after ${formatDuration(first)}, of the later half after ${formatDuration(second)}`,
    advice: 'connect latencies are those of a growing queue: lower the connect rate, or see who was busy meanwhile',
  };
}

/** Less than half the rate asked for, because the last client was up long after it was due. */
function rest(dueMicros: number, restMicros: number): Found | undefined {
  if (restMicros < Math.max(longestRest, dueMicros)) return undefined;
  return {
    message: `they were due within ${formatDuration(dueMicros)}, and the last was up ${formatDuration(restMicros)} after that`,
    advice: 'the rate is the latency of the slowest client: read connect.connack, and see who was busy meanwhile',
  };
}
