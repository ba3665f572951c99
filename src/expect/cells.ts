import { isEventMetric } from '../metrics/registry.js';
import type { Reference } from './expectation.js';

type Numbers = Readonly<Record<string, number>>;

interface MeasuredSet {
  readonly distributions: Readonly<Record<string, object | undefined>>;
  readonly values: Readonly<Record<string, number | undefined>>;
}

/** What expectations can see of a cell; result/types.ts Cell has it. */
export interface MeasuredCell {
  readonly id: string;
  readonly arm: string;
  readonly network: { readonly name: string; readonly rttMicros: number };
  readonly repeat: number;
  readonly status: 'finished' | 'failed' | 'interrupted' | 'unsupported';
  readonly metrics: MeasuredSet;
  readonly windows: Readonly<Record<string, MeasuredSet>>;
  readonly link?: Readonly<Record<string, Numbers>>;
  readonly calibration?: Numbers;
  readonly counters: Numbers;
  readonly events: readonly {
    readonly name: string;
    readonly atMicros: number;
    readonly tookMicros?: number;
    /** Absent of an event that disturbs nobody. */
    readonly metrics?: MeasuredSet;
    readonly proof: Readonly<Record<string, unknown>>;
  }[];
  readonly resources: readonly { readonly role: string }[];
  readonly doubts: readonly {
    readonly code: string;
    readonly metric?: string;
    readonly phase?: 'connect';
    readonly window?: string;
    readonly statistics?: readonly string[];
  }[];
  readonly errors: readonly { readonly count: number }[];
}

/** Which cell each name of an expectation stands for at the moment. */
export interface Bound {
  readonly cells: ReadonlyMap<Reference, MeasuredCell>;
  readonly rttMicros: number;
}

/** Whether a cell has a measure window or an event with an outcome of this name. */
export const hasScope = ({ windows, events }: MeasuredCell, name: string): boolean =>
  Object.hasOwn(windows, name) || events.some((event) => event.name === name && event.metrics);

/**
 * The numbers that a name speaks about: the whole cell's, a measure window's or an event's. Where a window and an event
 * have the same name, what became of the clients is the event's and all else the window's.
 */
function setOf({ window, where }: Reference, cell: MeasuredCell): MeasuredSet | undefined {
  if (window === undefined) return cell.metrics;
  const event = cell.events.find(({ name }) => name === window)?.metrics;
  const ofEvent = where.kind !== 'part' && isEventMetric(where.metric);
  return ofEvent && event ? event : cell.windows[window];
}

/** The number a name stands for in a cell; undefined: not measured. */
export function measuredValue(reference: Reference, cell: MeasuredCell): number | undefined {
  const set = setOf(reference, cell);
  const { where } = reference;
  if (where.kind === 'part') return partOf(where.part, where.path, cell);
  if (where.kind === 'value') return set?.values[where.metric];
  const distribution = set?.distributions[where.metric] as
    | (Numbers & { readonly count: number; readonly outstanding?: number })
    | undefined;
  if (!distribution) return where.statistic === 'count' && set ? 0 : undefined;
  // How often something came to its end: what had not is among the samples, with its age.
  if (where.statistic === 'count') return distribution.count - (distribution.outstanding ?? 0);
  // A percentile of nothing is no number, whatever the histogram says.
  return distribution.count === 0 ? undefined : distribution[where.statistic];
}

/** Whether the number is only the least that it can be: operations that were not finished are in it with their age. */
export function isLowerBound(reference: Reference, cell: MeasuredCell): boolean {
  const { where } = reference;
  if (where.kind !== 'distribution') return false;
  const distribution = setOf(reference, cell)?.distributions[where.metric] as
    | { readonly atLeast?: readonly string[] }
    | undefined;
  return distribution?.atLeast?.includes(where.statistic) ?? false;
}

function partOf(part: string, path: readonly string[], cell: MeasuredCell): number | undefined {
  const [first = '', second = ''] = path;
  switch (part) {
    case 'link':
      return cell.link?.[first]?.[second];
    case 'counter':
      return cell.counters[path.join('.')];
    case 'event':
      return ofEvent(first, second, cell);
    case 'doubts':
      return cell.doubts.filter((doubt) => first === '' || doubt.code === first).length;
    case 'errors':
      return cell.errors.reduce((sum, error) => sum + error.count, 0);
    case 'resource':
      return number(cell.resources.find((one) => one.role === first) as object | undefined, second);
    default:
      return cell.calibration?.[first];
  }
}

/** `count`, `atMicros`, `tookMicros`, or a field of the proof: a number, or how long a list is. */
function ofEvent(name: string, field: string, cell: MeasuredCell): number | undefined {
  const events = cell.events.filter((event) => event.name === name);
  if (field === 'count') return events.length;
  const [event] = events;
  return number(event, field) ?? number(event?.proof, field);
}

function number(holder: object | undefined, field: string): number | undefined {
  const value = (holder as Record<string, unknown> | undefined)?.[field];
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : undefined;
}
