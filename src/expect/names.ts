import { matches } from '../base/text/match.js';
import { didYouMean } from '../base/text/nearest.js';
import { type DistributionName, type MetricName, metrics, type ValueName } from '../metrics/registry.js';
import { statistics as measured } from '../result/types.js';
import {
  type CellPattern,
  ExpectationMistake,
  type ExpectUnit,
  type KnownNames,
  type Reference,
  type Where,
} from './expectation.js';
import { neverMeasured } from './possible.js';
import { checkScope, checkUnscoped, isScope, scopeName, unknownName } from './scopes.js';

const statistics = [...measured, 'count'] as const;

/** Parts of a cell that are no metrics: what they hold, and how many names follow. */
const parts: Record<string, { readonly least: number; readonly meaning: string }> = {
  link: { least: 2, meaning: 'link.up.packetsLost' },
  counter: { least: 1, meaning: 'counter.quic.pathChanges' },
  event: { least: 2, meaning: 'event.rebind.count' },
  doubts: { least: 0, meaning: 'doubts or doubts.event-unseen' },
  errors: { least: 0, meaning: 'errors' },
  resource: { least: 2, meaning: 'resource.broker.cpuUserMicros' },
  calibration: { least: 1, meaning: 'calibration.rttP50Micros' },
};

/** Splits `quic@30ms.sensors.after.publish.ack.p99` into cells, fleet, window and metric. */
export function parseReference(text: string, column: number, known?: KnownNames): Reference {
  const segments = text.split('.');
  const start = segments.findIndex((_, i) => whereOf(segments.slice(i)) !== undefined);
  if (start < 0 || start > 3) throw new ExpectationMistake(unknownText(text, segments), column);
  const where = whereOf(segments.slice(start)) as Where;
  const { cells, fleet, window } = headOf(segments.slice(0, start), column, known);
  if (where.kind === 'part' && (window ?? fleet) !== undefined) {
    const by = fleet === undefined ? 'window' : 'fleet';
    throw new ExpectationMistake(`"${where.part}" is counted over the whole cell, not by ${by}`, column);
  }
  const unit = unitOf(where);
  const reference: Reference = { type: 'reference', text, cells, ...(fleet && { fleet }), window, where, unit };
  if (known) checkMeaning(reference, column, known);
  return reference;
}

function checkMeaning({ text, cells, fleet, window, where }: Reference, column: number, known: KnownNames): void {
  if (window === undefined) checkUnscoped(cells, where, text, column, known);
  else checkScope(window, where, column + Math.max(0, text.indexOf(window.replace(/-\d+$/, ''))), known);
  if (where.kind === 'part' && where.part === 'event') {
    const [name = ''] = where.path;
    const names = known.events.map((event) => event.name);
    if (!names.includes(name)) throw unknownName('event', name, names, column + text.indexOf('event.') + 6);
  }
  const possible = fleet === undefined ? known.possible : known.fleets?.find(({ name }) => name === fleet)?.possible;
  const never = possible && neverMeasured(where, possible);
  const of = fleet === undefined ? '' : `of ${fleet} `;
  if (never !== undefined) throw new ExpectationMistake(`"${text}" can never be measured: ${of}${never}`, column, text);
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

/** What stands before a metric. */
interface Head {
  readonly cells: CellPattern;
  readonly fleet?: string;
  readonly window: string | undefined;
}

/** A cell, a fleet, and a window or an event, each of which may be left out. */
function headOf(head: readonly string[], column: number, known?: KnownNames): Head {
  if (head.length === 0) return { cells: {}, window: undefined };
  return known ? knownHead(head, column, known) : unknownHead(head, column);
}

const fleetNames = ({ fleets = [] }: KnownNames): string[] => fleets.map(({ name }) => name);

/** By what the scenario has: the last of them may be a window or an event, the one before it a fleet. */
function knownHead(head: readonly string[], column: number, known: KnownNames): Head {
  const rest = [...head];
  const last = rest.at(-1) as string;
  const isFleet = (name: string | undefined): name is string => known.fleets?.some((one) => one.name === name) ?? false;
  // The second of two that is no fleet is meant to be a window, and is told so where there is none.
  const isWindow = isScope(scopeName(last), known) || (rest.length > 1 && !isFleet(last));
  const window = isWindow ? scopeName(rest.pop() as string) : undefined;
  const fleet = isFleet(rest.at(-1)) ? rest.pop() : undefined;
  const [cell, second] = rest;
  if (fleet !== undefined && cell !== undefined && second === undefined && isScope(scopeName(cell), known))
    throw new ExpectationMistake(`a fleet stands before the window or event: write ${fleet}.${cell}`, column);
  if (second !== undefined) throw unknownName('fleet', second, fleetNames(known), column + (cell as string).length + 1);
  const cells = cell === undefined ? {} : cellPattern(cell, column, known);
  return { cells, ...(fleet === undefined ? {} : { fleet }), window };
}

/** Without the scenario's names the result decides whether it is an arm, a fleet, a window or an event (evaluate). */
function unknownHead([first = '', second, third]: readonly string[], column: number): Head {
  if (third !== undefined && second !== undefined)
    return { cells: cellPattern(first, column), fleet: second, window: scopeName(third) };
  if (second !== undefined) return { cells: cellPattern(first, column), window: scopeName(second) };
  if (!/[@#*]/.test(first)) return { cells: { arm: first }, window: undefined };
  return { cells: cellPattern(first, column), window: undefined };
}

function cellPattern(text: string, column: number, known?: KnownNames): CellPattern {
  const match = /^([^@#]*)(?:@([^@#]+))?(?:#(\d+))?$/.exec(text);
  if (!match) throw new ExpectationMistake(`"${text}" is not a cell; write it like tls@30ms or tls@30ms#2`, column);
  const [, arm, network, repeat] = match;
  if (known) {
    const isAmong = (pattern: string, names: readonly string[]) => names.some((name) => matches(pattern, name));
    const { windows } = known;
    const fleets = fleetNames(known);
    const scopes = [...fleets, ...known.events.filter(({ disturbs }) => disturbs).map(({ name }) => name), ...windows];
    if (arm && !isAmong(arm, known.arms)) {
      const others = scopes.length > fleets.length ? ', event or measure window' : '';
      const kind = fleets.length > 0 ? `arm, fleet${others}` : `arm${others}`;
      throw unknownName(kind, arm, [...known.arms, ...scopes], column);
    }
    if (network !== undefined && !isAmong(network, known.networks))
      throw unknownName('network', network, known.networks, column + (arm?.length ?? 0) + 1);
  }
  return { arm: arm || undefined, network, repeat: repeat === undefined ? undefined : Number(repeat) };
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
  const meant = [0, 1, 2].map((i) => didYouMean(segments.slice(i).join('.'), names)).find(Boolean);
  return `"${text}" names no metric${meant ? `; ${meant}` : ' (mqbench metrics are listed in docs/scenarios.md)'}`;
}

/** First words of everything that expectations can name; an arm, a fleet, a window or an event must not be one. */
export const firstWords: ReadonlySet<string> = new Set([
  ...Object.keys(metrics).map((name) => name.split('.')[0] as string),
  ...Object.keys(parts),
  'rtt',
]);
