import type { Cell, NumberName } from '../../result/types.js';
import { type ArmCells, percentileRows, type Row, type Section, valueRows } from './builders.js';
import { windowName } from './events.js';

/** The fleets of these cells, in the order of their scenario; none where a load is one. */
export const fleetsOf = (cells: readonly Cell[]): string[] => [
  ...new Set(cells.flatMap(({ fleets = {} }) => Object.keys(fleets))),
];

/** What each fleet came to by itself: a section for each, and for each measure window of it. */
export function fleetSections(arms: readonly ArmCells[]): Section[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const windows = [...new Set(cells.flatMap((cell) => Object.keys(cell.windows)))];
  return fleetsOf(cells).flatMap((fleet) => [
    { heading: `Fleet ${fleet}`, rows: wholeRows(arms, fleet) },
    ...windows.map((window) => ({
      heading: `Fleet ${fleet}, ${windowName(cells, window)}`,
      rows: trafficRows(arms, fleet, window),
    })),
  ]);
}

function wholeRows(arms: readonly ArmCells[], fleet: string): Row[] {
  const whole: NumberName['window'] = undefined;
  return [
    ...valueRows(arms, ['clients.connected'], whole, fleet),
    ...percentileRows(arms, 'connect.connack', ['p50', 'p95'], whole, fleet),
    ...trafficRows(arms, fleet, whole),
    ...percentileRows(arms, 'reconnect.connack', ['p50', 'max'], whole, fleet),
    ...valueRows(arms, ['clients.survived', 'clients.reconnected', 'clients.lost'], whole, fleet),
  ];
}

/** Of who publishes what was written, of who subscribes what came. */
function trafficRows(arms: readonly ArmCells[], fleet: string, window: string | undefined): Row[] {
  const has = (metric: 'rate.offered' | 'rate.received'): boolean =>
    arms.some(({ cells }) => cells.some(({ fleets }) => fleets?.[fleet]?.metrics.values[metric] !== undefined));
  return [
    ...(has('rate.offered')
      ? [
          ...percentileRows(arms, 'publish.ack', ['p50', 'p95', 'p99'], window, fleet),
          ...percentileRows(arms, 'request.rtt', ['p50', 'p95', 'p99'], window, fleet),
          ...valueRows(arms, ['messages.sent', 'rate.achieved', 'requests.unanswered'], window, fleet),
        ]
      : []),
    ...(has('rate.received')
      ? [
          ...percentileRows(arms, 'delivery.e2e', ['p50', 'p95', 'p99'], window, fleet),
          ...percentileRows(arms, 'delivery.gap', ['max'], window, fleet),
          ...valueRows(arms, ['messages.received', 'messages.missing', 'rate.received'], window, fleet),
        ]
      : []),
  ];
}
