import { isEventMetric, type MetricName } from '../../metrics/registry.js';
import type { Result } from '../../result/types.js';
import { type ArmCells, armsOn } from '../rows/builders.js';
import { eventName, measuredEvents } from '../rows/events.js';
import type { MarkedValue, Marks } from '../rows/marks.js';
import type { NumberName } from '../rows/number.js';
import { sectionsOf } from '../rows/rows.js';

/** More networks than this are shown as one table per number instead of one per network. */
export const mostBlocks = 6;

/** A number of every arm on every network. */
export interface Overview {
  readonly heading: string;
  readonly rows: readonly { readonly network: string; readonly values: readonly MarkedValue[] }[];
}

/** What an overview shows, when it was measured: metric and, of a distribution, which percentile. */
const shown: readonly (readonly [MetricName, string, string])[] = [
  ['connect.connack', 'P50', 'Until CONNACK, P50'],
  ['connect.connack', 'P95', 'Until CONNACK, P95'],
  ['publish.ack', 'P50', 'PUBLISH to PUBACK, P50'],
  ['publish.ack', 'P99', 'PUBLISH to PUBACK, P99'],
  ['reconnect.retry', 'P50', 'From the first try until back, P50'],
  ['wire.message.up', 'up', 'Bytes per message, client to server'],
  ['wire.message.down', 'down', 'Bytes per message, server to client'],
  ['broker.message.cpu', 'message', 'Processor time of the broker per message'],
  ['machine.message.cpu', 'message', 'Processor time of all roles, and of the kernel for them, per message'],
  ['messages.missing', '', 'Messages missing'],
];

/** The same rows as the blocks have, turned: networks down, arms across, with all doubts, since no name of an arm could bear its own. */
export function overviewsOf(result: Result, marks: Marks): { arms: string[]; overviews: Overview[] } {
  const networks = [...new Set(result.cells.map((cell) => cell.network.name))];
  const arms = [...new Set(result.cells.map((cell) => cell.arm))];
  const blocks = networks.map((network) => {
    const here = armsOn(result, network);
    const byArm = arms.map((arm) => here.find((one) => one.arm === arm) ?? { arm, cells: [] });
    return { network, byArm, rows: sectionsOf(byArm).flatMap((section) => section.rows) };
  });
  const events = measuredEvents(result.cells);
  const overviews = shown.map(([metric, detail, heading]) => ({
    // Of several events it is the first that is shown.
    heading:
      events.length > 1 && isEventMetric(metric)
        ? `${heading}, after ${eventName(result.cells, events[0] as string)}`
        : heading,
    rows: blocks.flatMap(({ network, byArm, rows }) => {
      const row = rows.find((one) => one.detail === detail && one.number?.metric === metric);
      if (!row?.number) return [];
      const values = marks.ofRow(byArm, row).map((value, i) => {
        const { cells: own } = byArm[i] as ArmCells;
        return value.text === '-' ? value : { ...value, notes: marks.notes.about(own, row.number as NumberName) };
      });
      return [{ network, values }];
    }),
  }));
  return { arms, overviews: overviews.filter(({ rows }) => rows.length > 0) };
}
