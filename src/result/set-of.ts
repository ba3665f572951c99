import { ownEntry } from '../base/own.js';
import { isEventMetric, type MetricName } from '../metrics/registry.js';
import type { Cell, MetricSet } from './types.js';

/**
 * The numbers of a cell's measure window, of one of its events, or of the whole cell, and of one of its fleets the same. Where a window and an event have
 * the same name, what became of the clients is the event's and all else the window's.
 */
export function setOf(cell: Cell, { metric, window, fleet }: WhichSet): MetricSet | undefined {
  const of = fleet === undefined ? cell : ownEntry(cell.fleets ?? {}, fleet);
  if (of === undefined || window === undefined) return of?.metrics;
  const event = Array.isArray(of.events)
    ? of.events.find(({ name }) => name === window)?.metrics
    : ownEntry(of.events as Readonly<Record<string, MetricSet>>, window);
  return isEventMetric(metric) && event ? event : (ownEntry(of.windows, window) ?? event);
}

/** Whose numbers of a metric are meant. */
interface WhichSet {
  readonly metric: MetricName;
  readonly window?: string | undefined;
  /** One of several; undefined: all clients. */
  readonly fleet?: string | undefined;
}
