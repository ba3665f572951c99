import { isEventMetric, type MetricName } from '../metrics/registry.js';
import type { Cell, MetricSet } from './types.js';

/**
 * The numbers of a cell's measure window, of one of its events, or of the whole cell. Where a window and an event have
 * the same name, what became of the clients is the event's and all else the window's.
 */
export function setOf(
  cell: Cell,
  { metric, window }: { readonly metric: MetricName; readonly window?: string | undefined },
): MetricSet | undefined {
  if (window === undefined) return cell.metrics;
  const event = cell.events.find(({ name }) => name === window)?.metrics;
  return isEventMetric(metric) && event ? event : (cell.windows[window] ?? event);
}
