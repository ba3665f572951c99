import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { type MetricName, metricNames, metrics } from '../metrics/registry.js';
import type { JudgedStatistic, Statistic } from './types.js';

/** A number that is judged, and by how much it may change. */
export interface Judged {
  readonly metric: MetricName;
  readonly statistic: JudgedStatistic;
  readonly margin: number;
}

/** What the user asks for; everything optional. */
export interface JudgedRequest {
  /** `publish.ack` or `publish.ack.p99`; empty or undefined: every metric that has a direction. */
  readonly only?: readonly string[];
  /** Margin of all metrics, a share. Default 0.05. */
  readonly margin?: number;
  /** Margin by metric or by metric and statistic, e.g. { 'publish.ack': 0.1, 'publish.ack.p95': 0.2 }. */
  readonly margins?: Readonly<Record<string, number>>;
}

const defaultMargin = 0.05;

/**
 * Numbers about the generator, not about what it measures. They decide whether a result
 * is to be believed (its doubts), never whether a broker became worse.
 */
const aboutTheGenerator: readonly string[] = ['publish.late', 'connect.late', 'loop.delay'];

/** Only repeats in which something went wrong have these: to have them no more is no loss. */
export const onlyAfterTrouble = (metric: MetricName): boolean => /^(reconnect|migration)\./.test(metric);

/** Percentiles judged by default: the usual case and its slow edge. P99 and beyond are noisy and judged on request. */
const defaultPercentiles: readonly JudgedStatistic[] = ['p50', 'p95'];
const percentiles: readonly JudgedStatistic[] = ['p50', 'p95', 'p99'];

/**
 * What is judged, in the registry's order.
 * @throws MQB_BAD_METRIC (usage) naming every unknown metric at once
 */
export function judgedNumbers(request: JudgedRequest = {}): Judged[] {
  const only = request.only ?? [];
  const margins = request.margins ?? {};
  const all = metricNames.flatMap((metric) => statisticsOf(metric).map((statistic) => ({ metric, statistic })));
  const known = new Set(all.flatMap(({ metric, statistic }) => [metric, label(metric, statistic)]));
  const unknown = [...only, ...Object.keys(margins)].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new MqbenchError('MQB_BAD_METRIC', `no such metric to compare: ${unknown.join(', ')}`, {
      hint: `one of ${[...known].join(', ')}`,
      exitCode: exitCodes.usage,
    });
  }
  return all
    .filter(({ metric, statistic }) =>
      only.length === 0 ? byDefault(metric, statistic) : isAsked(only, metric, statistic),
    )
    .map(({ metric, statistic }) => {
      const margin = margins[label(metric, statistic)] ?? margins[metric] ?? request.margin ?? defaultMargin;
      return { metric, statistic, margin };
    });
}

/** `publish.ack.p95`; the bare name where there is only one number. */
export function label(metric: MetricName, statistic: Statistic): string {
  return statistic === 'value' ? metric : statistic === 'present' ? `${metric} in repeats` : `${metric}.${statistic}`;
}

function statisticsOf(metric: MetricName): readonly JudgedStatistic[] {
  if (metrics[metric].better === 'none') return [];
  return metrics[metric].kind === 'distribution' ? percentiles : ['value'];
}

const isUsual = (statistic: JudgedStatistic): boolean =>
  statistic === 'value' || defaultPercentiles.includes(statistic);

function byDefault(metric: MetricName, statistic: JudgedStatistic): boolean {
  return !aboutTheGenerator.includes(metric) && !metric.endsWith('.raw') && isUsual(statistic);
}

function isAsked(only: readonly string[], metric: MetricName, statistic: JudgedStatistic): boolean {
  return only.includes(label(metric, statistic)) || (only.includes(metric) && isUsual(statistic));
}
