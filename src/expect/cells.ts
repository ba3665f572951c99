import { ownEntry } from '../base/own.js';
import { setOf } from '../result/set-of.js';
import type { Cell } from '../result/types.js';
import type { Reference } from './expectation.js';

/** Which cell each name of an expectation stands for at the moment. */
export interface Bound {
  readonly cells: ReadonlyMap<Reference, Cell>;
  readonly rttMicros: number;
}

/** Whether a cell has a measure window or an event with an outcome of this name. */
export const hasScope = ({ windows, events }: Cell, name: string): boolean =>
  Object.hasOwn(windows, name) || events.some((event) => event.name === name && event.metrics);

export const hasFleet = ({ fleets = {} }: Cell, name: string): boolean => Object.hasOwn(fleets, name);

/** The number a name stands for in a cell; undefined: not measured. */
export function measuredValue({ where, window, fleet }: Reference, cell: Cell): number | undefined {
  if (where.kind === 'part') return partOf(where.part, where.path, cell);
  const set = setOf(cell, { metric: where.metric, window, fleet });
  if (where.kind === 'value') return set?.values[where.metric];
  const { metric, statistic } = where;
  const distribution = set?.distributions[metric];
  if (!distribution) return statistic === 'count' && set ? 0 : undefined;
  // How often something came to its end: what had not is among the samples, with its age.
  if (statistic === 'count') return distribution.count - (distribution.outstanding ?? 0);
  // A percentile of nothing is no number, whatever the histogram says.
  return distribution.count === 0 ? undefined : distribution[statistic];
}

/** Whether the number is only the least that it can be: operations that were not finished are in it with their age. */
export function isLowerBound({ where, window, fleet }: Reference, cell: Cell): boolean {
  if (where.kind !== 'distribution') return false;
  const atLeast = setOf(cell, { metric: where.metric, window, fleet })?.distributions[where.metric]?.atLeast;
  return atLeast?.some((statistic) => statistic === where.statistic) ?? false;
}

function partOf(part: string, path: readonly string[], cell: Cell): number | undefined {
  const [first = '', second = ''] = path;
  switch (part) {
    case 'link':
      return ownEntry(ownEntry(cell.link ?? {}, first) ?? {}, second);
    case 'counter':
      return ownEntry(cell.counters, path.join('.'));
    case 'event':
      return ofEvent(first, second, cell);
    case 'doubts':
      return cell.doubts.filter((doubt) => first === '' || doubt.code === first).length;
    case 'errors':
      return cell.errors.reduce((sum, error) => sum + error.count, 0);
    case 'resource':
      return number(
        cell.resources.find((one) => one.role === first),
        second,
      );
    default:
      return ownEntry(cell.calibration ?? {}, first);
  }
}

/** `count`, `atMicros`, `tookMicros`, or a field of the proof: a number, or how long a list is. */
function ofEvent(name: string, field: string, cell: Cell): number | undefined {
  const events = cell.events.filter((event) => event.name === name);
  if (field === 'count') return events.length;
  const [event] = events;
  return number(event, field) ?? number(event?.proof, field);
}

function number(holder: object | undefined, field: string): number | undefined {
  const value: unknown = holder && Reflect.get(holder, field);
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : undefined;
}
