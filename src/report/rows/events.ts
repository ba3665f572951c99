import { formatCount } from '../../base/units.js';
import type { Cell } from '../../result/types.js';
import { type ArmCells, ofAll, percentileRows, type Row, type Section, theoryRow, valueRows } from './builders.js';
import { combine } from './number.js';

/** More events than this are not told one by one; they are in the report and in the result's file. */
const mostEvents = 8;

/** What became of the clients: a section for each event that disturbed them, in order of time. */
export function eventSections(arms: readonly ArmCells[]): Section[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const names = measuredEvents(cells);
  if (names.length === 0) return ofOldResults(arms, cells);
  return names
    .map((name, i) => {
      const more =
        i === mostEvents - 1 && names.length > mostEvents ? ` (and ${names.length - mostEvents} events more)` : '';
      return { heading: `Clients after ${eventName(cells, name)}${more}`, rows: eventRows(arms, name) };
    })
    .slice(0, mostEvents);
}

/** Events whose outcome was measured, in order of time. */
export function measuredEvents(cells: readonly Cell[]): string[] {
  const events = cells.flatMap((cell) => cell.events.filter(({ metrics }) => metrics !== undefined));
  return [...new Set([...events].sort((a, b) => a.atMicros - b.atMicros).map(({ name }) => name))];
}

/** Results of schema 1 have one outcome, that of the last event, whatever that was. */
function ofOldResults(arms: readonly ArmCells[], cells: readonly Cell[]): Section[] {
  const last = cells.find(({ events }) => events.length > 0)?.events.at(-1);
  if (last === undefined) return [];
  return [
    { heading: `Clients after the last event, ${eventName(cells, last.name)}`, rows: eventRows(arms, undefined) },
  ];
}

const outcomes = ['clients.survived', 'clients.reconnected', 'clients.lost'] as const;

/** Of how many: those that were connected when it happened. */
const ofConcerned =
  (event: string) =>
  (cells: readonly Cell[]): string => {
    const counts = [...outcomes, 'clients.unknown' as const].map(
      (metric) => combine(cells, { metric, statistic: 'value', window: event }).value || 0,
    );
    return ` of ${formatCount(counts.reduce((sum, count) => sum + count, 0))}`;
  };

/** @param event undefined: the whole cell */
function eventRows(arms: readonly ArmCells[], event: string | undefined): Row[] {
  const isUnknown = arms.some(({ cells }) => cells.some((cell) => unknownAfter(cell, event) > 0));
  const retries = percentileRows(arms, 'reconnect.retry', ['p50', 'p95'], event);
  return [
    ...valueRows(
      arms,
      [...outcomes, ...(isUnknown ? (['clients.unknown'] as const) : [])],
      event === undefined ? ofAll('clients.connected') : ofConcerned(event),
      event,
    ),
    ...percentileRows(arms, 'reconnect.noticed', ['p50', 'max'], event),
    ...percentileRows(arms, 'reconnect.connack', ['p50', 'p95', 'max'], event),
    // Beside theory, where anybody reconnected.
    ...(retries.length > 0 ? [...retries, ...theoryRow(arms, 'reconnect.retry')] : []),
  ];
}

function unknownAfter(cell: Cell, event: string | undefined): number {
  return cell.events.find(({ name }) => name === event)?.metrics?.values['clients.unknown'] ?? 0;
}

/** "the rebind", "the rebind (2)"; an event that was given a name of its own goes by it, without an article. */
export function eventName(cells: readonly Cell[], name: string): string {
  const event = cells.flatMap(({ events }) => events).find((one) => one.name === name);
  const [, kind, nth] = /^(.*?)(?:-(\d+))?$/.exec(name) ?? [];
  if (kind === undefined || event?.proof.kind !== kind) return name;
  return nth === undefined ? `the ${kind}` : `the ${kind} (${nth})`;
}
