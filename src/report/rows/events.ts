import { type DistributionName, metricNames } from '../../metrics/registry.js';
import type { Cell } from '../../result/types.js';
import { type ArmCells, outcomes, percentileRows, type Row, type Section, theoryRow, valueRows } from './builders.js';

/** More events than this are not told one by one; they are in the report and in the result's file. */
const mostEvents = 8;

/** What became of the clients: a section for each event that disturbed them, in order of time. */
export function eventSections(arms: readonly ArmCells[]): Section[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const names = measuredEvents(cells);
  // Results of schema 1 have one outcome, that of the last event, whatever that was.
  const last = names.length > 0 ? undefined : cells.find(({ events }) => events.length > 0)?.events.at(-1);
  if (last) return [{ heading: `Clients after the last event, ${eventName(cells, last.name)}`, rows: eventRows(arms) }];
  const left = names.length - mostEvents;
  return names.slice(0, mostEvents).map((name, i) => {
    const more = left > 0 && i === mostEvents - 1 ? ` (and ${left} events more)` : '';
    return { heading: `Clients after ${eventName(cells, name)}${more}`, rows: eventRows(arms, name) };
  });
}

/** Events whose outcome was measured, in order of time. */
export function measuredEvents(cells: readonly Cell[]): string[] {
  const events = cells.flatMap((cell) => cell.events.filter(({ metrics }) => metrics !== undefined));
  return [...new Set([...events].sort((a, b) => a.atMicros - b.atMicros).map(({ name }) => name))];
}

/** "before the rebind" of a window `before`, where there is such an event; else its name. */
export function windowName(cells: readonly Cell[], window: string): string {
  const last = [...new Set(cells.flatMap((cell) => Object.keys(cell.windows)))].at(-1);
  const [event] = cells.flatMap((cell) => cell.events.map(({ name }) => name));
  const isBeside = window === 'before' || (window === 'after' && last === window);
  return isBeside && event !== undefined ? `${window} ${eventName(cells, event)}` : window;
}

/** Of the way back, what is asked less often. */
const stagesOfReturn = metricNames.filter((name): name is DistributionName =>
  /^reconnect\.(?!(connack|retry|noticed)$)/.test(name),
);

/** @param event undefined: the whole cell */
function eventRows(arms: readonly ArmCells[], event?: string): Row[] {
  const isUnknown = arms.some(({ cells }) => cells.some((cell) => unknownAfter(cell, event) > 0));
  const retries = percentileRows(arms, 'reconnect.retry', ['p50', 'p95'], event);
  const told = outcomes.filter((name) => isUnknown || name !== 'clients.unknown');
  return [
    ...valueRows(arms, told, event),
    ...percentileRows(arms, 'reconnect.noticed', ['p50', 'max'], event),
    ...percentileRows(arms, 'reconnect.connack', ['p50', 'p95', 'max'], event),
    // Beside theory, where anybody reconnected.
    ...(retries.length > 0 ? [...retries, ...theoryRow(arms, 'reconnect.retry')] : []),
    ...stagesOfReturn.flatMap((metric) => percentileRows(arms, metric, ['p50', 'p95'], event)),
  ];
}

const unknownAfter = ({ events }: Cell, event: string | undefined): number =>
  events.find(({ name }) => name === event)?.metrics?.values['clients.unknown'] ?? 0;

/** "the rebind", "the rebind (2)"; an event that was given a name of its own goes by it, without an article. */
export function eventName(cells: readonly Cell[], name: string): string {
  const event = cells.flatMap(({ events }) => events).find((one) => one.name === name);
  const [, kind, nth] = /^(.*?)(?:-(\d+))?$/.exec(name) ?? [];
  if (kind === undefined || event?.proof.kind !== kind) return name;
  return nth === undefined ? `the ${kind}` : `the ${kind} (${nth})`;
}
