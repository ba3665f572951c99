import { matches } from '../base/text/match.js';
import { nearest } from '../base/text/nearest.js';
import { type DistributionName, type MetricName, metrics, type ValueName } from '../metrics/registry.js';
import {
  type CellPattern,
  ExpectationMistake,
  type ExpectUnit,
  type KnownNames,
  type Reference,
  type Where,
} from './expectation.js';
import { neverMeasured } from './possible.js';
import { checkEvent, checkScope, checkUnscoped, isScope, scopeName } from './scopes.js';

export const statistics = ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max', 'count'] as const;

/** Parts of a cell that are no metrics: what they hold, and how many names follow. */
const parts: Record<string, { readonly least: number; readonly meaning: string; readonly unit?: ExpectUnit }> = {
  link: { least: 2, meaning: 'link.up.packetsLost' },
  counter: { least: 1, meaning: 'counter.quic.pathChanges' },
  event: { least: 2, meaning: 'event.rebind.count' },
  doubts: { least: 0, meaning: 'doubts or doubts.event-unseen' },
  errors: { least: 0, meaning: 'errors' },
  resource: { least: 2, meaning: 'resource.broker.cpuUserMicros' },
  calibration: { least: 1, meaning: 'calibration.rttP50Micros' },
};

/** Splits `quic@30ms.after.publish.ack.p99` into cells, window and metric. */
export function parseReference(text: string, column: number, known?: KnownNames): Reference {
  const segments = text.split('.');
  const start = segments.findIndex((_, i) => whereOf(segments.slice(i)) !== undefined);
  if (start < 0 || start > 2) throw new ExpectationMistake(unknownText(text, segments), column);
  const where = whereOf(segments.slice(start)) as Where;
  const { cells, window } = headOf(segments.slice(0, start), column, known);
  if (window !== undefined && where.kind === 'part') {
    throw new ExpectationMistake(`"${where.part}" is counted over the whole cell, not by window`, column);
  }
  if (known) checkMeaning({ cells, window, where }, text, column, known);
  return { type: 'reference', text, cells, ...(window === undefined ? {} : { window }), where, unit: unitOf(where) };
}

function checkMeaning(
  { cells, window, where }: { cells: CellPattern; window: string | undefined; where: Where },
  text: string,
  column: number,
  known: KnownNames,
): void {
  if (window === undefined) checkUnscoped(cells, where, text, column, known);
  else checkScope(window, where, column + Math.max(0, text.indexOf(window.replace(/-\d+$/, ''))), known);
  if (where.kind === 'part' && where.part === 'event') {
    checkEvent(where.path[0] ?? '', column + text.indexOf('event.') + 'event.'.length, known);
  }
  const never = known.possible && neverMeasured(where, known.possible);
  if (never !== undefined) throw new ExpectationMistake(`"${text}" can never be measured: ${never}`, column, text);
}

/** What the segments from here on name, or undefined when they name nothing. */
function whereOf(segments: readonly string[]): Where | undefined {
  const [first = '', ...rest] = segments;
  const part = parts[first];
  if (part)
    return rest.length >= part.least && rest.every(Boolean) ? { kind: 'part', part: first, path: rest } : undefined;
  const whole = segments.join('.');
  if (isValue(whole)) return { kind: 'value', metric: whole };
  const metric = segments.slice(0, -1).join('.');
  const statistic = statistics.find((name) => name === segments.at(-1));
  return statistic !== undefined && isDistribution(metric) ? { kind: 'distribution', metric, statistic } : undefined;
}

const isMetric = (name: string): name is MetricName => Object.hasOwn(metrics, name);
const isValue = (name: string): name is ValueName => isMetric(name) && metrics[name].kind === 'value';
const isDistribution = (name: string): name is DistributionName =>
  isMetric(name) && metrics[name].kind === 'distribution';

function unitOf(where: Where): ExpectUnit {
  if (where.kind === 'distribution') return where.statistic === 'count' ? 'plain' : unitOfMetric(where.metric);
  if (where.kind === 'value') return unitOfMetric(where.metric);
  const last = where.path.at(-1) ?? '';
  if (/micros$/i.test(last)) return 'us';
  return /^bytes|bytes$/i.test(last) ? 'bytes' : 'plain';
}

function unitOfMetric(name: MetricName): ExpectUnit {
  const { unit } = metrics[name];
  return unit === 'us' || unit === 'bytes' ? unit : 'plain';
}

/** What stands before the metric: a cell, a window or an event, or both. */
function headOf(
  head: readonly string[],
  column: number,
  known?: KnownNames,
): { cells: CellPattern; window: string | undefined } {
  const [first, second] = head;
  if (first === undefined) return { cells: {}, window: undefined };
  if (second !== undefined) return { cells: cellPattern(first, column, known), window: scopeName(second) };
  if (known && isScope(scopeName(first), known)) return { cells: {}, window: scopeName(first) };
  // Without the scenario's names, the result decides whether it is an arm, a window or an event (evaluate).
  if (!known && !/[@#*]/.test(first)) return { cells: { arm: first }, window: undefined };
  return { cells: cellPattern(first, column, known), window: undefined };
}

function cellPattern(text: string, column: number, known?: KnownNames): CellPattern {
  const match = /^([^@#]*)(?:@([^@#]+))?(?:#(\d+))?$/.exec(text);
  if (!match) throw new ExpectationMistake(`"${text}" is not a cell; write it like tls@30ms or tls@30ms#2`, column);
  const [, arm, network, repeat] = match;
  if (known) {
    const scopes = [...known.events.filter(({ disturbs }) => disturbs).map(({ name }) => name), ...known.windows];
    checkName('arm', arm || '*', known.arms, column, [...new Set(scopes)]);
    checkName('network', network ?? '*', known.networks, column + (arm?.length ?? 0) + 1, []);
  }
  return {
    ...(arm ? { arm } : {}),
    ...(network === undefined ? {} : { network }),
    ...(repeat === undefined ? {} : { repeat: Number(repeat) }),
  };
}

function checkName(
  kind: string,
  pattern: string,
  names: readonly string[],
  column: number,
  others: readonly string[],
): void {
  if (names.some((name) => matches(pattern, name))) return;
  const near = nearest(pattern, [...names, ...others]);
  const there = [...names, ...others].join(', ');
  throw new ExpectationMistake(
    `no ${others.length > 0 ? `${kind}, event or measure window` : kind} is called "${pattern}"; ${near ? `did you mean "${near}"?` : `there are: ${there}`}`,
    column,
    pattern,
  );
}

/** Why the text names nothing, with what was probably meant. */
function unknownText(text: string, segments: readonly string[]): string {
  if (/[*+/-]\d*$/.test(text) || /[*/]/.test(text.replace(/^\*[@.]/, ''))) {
    return `"${text}" names nothing; put spaces around + - * / after a name`;
  }
  const first = segments.findIndex((segment) => parts[segment]);
  if (first >= 0) return `"${text}" is incomplete; write it like ${parts[segments[first] as string]?.meaning}`;
  for (let i = 0; i < segments.length; i++) {
    const rest = segments.slice(i).join('.');
    const upToLast = segments.slice(i, -1).join('.');
    if (isMetric(rest)) return `"${text}" needs a statistic: ${statistics.map((s) => `.${s}`).join(' ')}`;
    if (isMetric(upToLast)) {
      return metrics[upToLast].kind === 'value'
        ? `"${upToLast}" is one number, without "${segments.at(-1)}"`
        : `"${segments.at(-1)}" is no statistic; there are: ${statistics.join(', ')}`;
    }
  }
  const names = Object.entries(metrics).map(([name, { kind }]) => (kind === 'value' ? name : `${name}.p95`));
  const candidates = [0, 1, 2].map((i) => nearest(segments.slice(i).join('.'), names)).find(Boolean);
  return `"${text}" names no metric${candidates ? `; did you mean "${candidates}"?` : ' (mqbench metrics are listed in docs/scenarios.md)'}`;
}

/** First words of everything that expectations can name; an arm, a window or an event must not be one. */
export const firstWords: ReadonlySet<string> = new Set([
  ...Object.keys(metrics).map((name) => name.split('.')[0] as string),
  ...Object.keys(parts),
  'rtt',
]);
