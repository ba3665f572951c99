import { numberOf } from '../../compare/observations.js';
import { isEventMetric, type MetricName, metrics } from '../../metrics/registry.js';
import type { Cell, NumberName, Result } from '../../result/types.js';
import { type Row, withDetail } from './builders.js';
import { eventName, measuredEvents, windowName } from './events.js';
import { fleetsOf } from './fleets.js';

/** More rows than this are no point any more. */
const mostByDefault = 8;

/** The numbers that are the point of a result, the most important first: those that its scenario names, or a choice. */
export function pointOf({ scenario, cells }: Result): NumberName[] {
  const finished = cells.filter(({ status }) => status === 'finished');
  const measured = (name: NumberName): boolean =>
    Object.hasOwn(metrics, name.metric) && finished.some((cell) => !Number.isNaN(numberOf(cell, name)));
  // What the scenario names may never have been measured: a run ends early, and a file may be of a later mqbench.
  const named = (scenario.show ?? []).filter(measured);
  return named.length > 0 ? named : usual(finished).filter(measured).slice(0, mostByDefault);
}

/** The network with the longest round trip shows the differences best. */
export function slowestNetwork(cells: readonly Cell[]): string | undefined {
  const [first, ...others] = cells.map(({ network }) => network);
  return first && others.reduce((slowest, one) => (one.rttMicros > slowest.rttMicros ? one : slowest), first).name;
}

/** What people ask first, by what happened in the run. */
function usual(cells: readonly Cell[]): NumberName[] {
  const value = (metric: MetricName, window?: string): NumberName => ({ metric, statistic: 'value', window });
  const disturbed = cells.some(({ events }) => events.length > 0);
  const [event] = measuredEvents(cells);
  const windows = [...new Set(cells.flatMap((cell) => Object.keys(cell.windows)))];
  // Of several fleets each does something of its own; what all of them do together comes behind.
  const ofFleets = fleetsOf(cells).flatMap((fleet): NumberName[] => [
    { metric: 'publish.ack', statistic: 'p95', fleet },
    { metric: 'delivery.e2e', statistic: 'p95', fleet },
  ]);
  const traffic = (windows.length > 0 ? windows : [undefined]).flatMap((window): NumberName[] => [
    ...(disturbed ? [] : [{ metric: 'publish.ack', statistic: 'p50', window } as const]),
    { metric: 'publish.ack', statistic: 'p95', window },
  ]);
  const returns: NumberName[] = [
    value('clients.survived', event),
    { metric: 'reconnect.connack', statistic: 'p50', window: event },
    { metric: 'reconnect.connack', statistic: 'max', window: event },
  ];
  const messages: NumberName[] = [{ metric: 'delivery.gap', statistic: 'max' }, value('messages.missing')];
  const costs = (['broker.message.cpu', 'wire.message.up', 'broker.connect.cpu'] as const).map((name) => value(name));
  return [
    value('path.rtt'),
    { metric: 'connect.connack', statistic: 'p50' },
    ...(disturbed ? returns : [value('rate.capacity'), { metric: 'connect.connack', statistic: 'p95' } as const]),
    ...ofFleets,
    ...traffic,
    ...(cells.some((cell) => (cell.metrics.values['messages.offered'] ?? 0) > 0) ? messages : []),
    ...costs,
  ];
}

/** What a row is called where no heading says of which window or event it is: "PUBLISH to PUBACK P95, after the rebind". */
export function fullLabel({ label, detail, number }: Row, cells: readonly Cell[]): string {
  const text = withDetail(label, detail);
  const name = number?.fleet === undefined ? text : `${number.fleet}: ${text}`;
  if (number?.window === undefined) return name;
  if (!isEventMetric(number.metric)) return `${name}, ${windowName(cells, number.window)}`;
  if (number.metric.startsWith('clients.')) return `${name} after ${eventName(cells, number.window)}`;
  return measuredEvents(cells).length > 1 ? `${name}, ${eventName(cells, number.window)}` : name;
}
