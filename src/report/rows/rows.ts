import { formatCount, formatDuration, formatSize } from '../../base/units.js';
import { isDistribution, type MetricName, metricNames, type ValueName } from '../../metrics/registry.js';
import type { Cell } from '../../result/types.js';
import { type ArmCells, percentileRows, type Row, type Section, theoryRow, valueRows } from './builders.js';
import { eventSections, windowName } from './events.js';
import { fleetSections } from './fleets.js';
import { handshakeCount, handshakeKinds } from './handshakes.js';
import { combine, cpuMicros, total, typical, useOf } from './number.js';

/** Everything the table shows of one network. */
export function sectionsOf(arms: readonly ArmCells[]): Section[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const windows = [...new Set(cells.flatMap((cell) => Object.keys(cell.windows)))];
  const sections: Section[] = [
    { heading: 'Connecting, from when the connect was due', rows: connectRows(arms) },
    ...(windows.length > 0 ? windows : [undefined]).map((name) => {
      const which = name === undefined ? 'from when the message was due' : windowName(cells, name);
      return { heading: `Publishing, ${which}`, rows: trafficRows(arms, name) };
    }),
    ...eventSections(arms),
    ...fleetSections(arms),
    { heading: costHeading(cells), rows: [...valueRows(arms, costs), ...handshakeRows(arms)] },
    { heading: 'Over the whole cell', rows: wholeRows(arms, windows.length > 0) },
  ];
  const further = { heading: 'Further numbers', rows: furtherRows(arms, sections) };
  return [...sections, further].filter((section) => section.rows.length > 0);
}

/** Whatever else was measured and is not 0 everywhere: nothing of a result is left out. */
function furtherRows(arms: readonly ArmCells[], sections: readonly Section[]): Row[] {
  const numbers = sections.flatMap(({ rows }) => rows.flatMap(({ number }) => number ?? []));
  const told = new Set(numbers.filter(({ fleet }) => fleet === undefined).map(({ metric }) => metric));
  // How many were asked for stands behind those that connected.
  const others = metricNames.filter((metric) => !told.has(metric) && metric !== 'clients.asked');
  const isSomething = (metric: MetricName): boolean =>
    arms.some(({ cells }) => combine(cells, { metric, statistic: 'value' }).value > 0);
  return others.flatMap((metric) =>
    isDistribution(metric)
      ? percentileRows(arms, metric, ['p50', 'p95', 'p99'])
      : valueRows(arms, isSomething(metric) ? [metric] : []),
  );
}

function connectRows(arms: readonly ArmCells[]): Row[] {
  const stages = ['connect.transport', 'connect.connack', 'connect.suback'] as const;
  return stages.flatMap((metric) => [
    ...percentileRows(arms, metric, ['p50', 'p95', 'p99']),
    ...theoryRow(arms, metric),
  ]);
}

function trafficRows(arms: readonly ArmCells[], window: string | undefined): Row[] {
  return [
    ...percentileRows(arms, 'publish.ack', ['p50', 'p95', 'p99'], window),
    ...percentileRows(arms, 'delivery.e2e', ['p50', 'p99'], window),
    ...percentileRows(arms, 'request.rtt', ['p50', 'p99'], window),
    ...(published(arms) ? percentileRows(arms, 'delivery.gap', ['p50', 'max'], window) : []),
    ...(published(arms) ? valueRows(arms, ['rate.achieved'], window) : []),
  ];
}

/** Without messages their silence and their losses say nothing. */
const published = (arms: readonly ArmCells[]): boolean =>
  arms.some((arm) => arm.cells.some((cell) => (cell.metrics.values['messages.offered'] ?? 0) > 0));

function wholeRows(arms: readonly ArmCells[], hasWindows: boolean): Row[] {
  const messages = published(arms);
  return [
    ...valueRows(arms, ['clients.connected']),
    ...(messages && hasWindows ? percentileRows(arms, 'delivery.gap', ['p50', 'max']) : []),
    ...(messages ? valueRows(arms, ['messages.missing', 'messages.duplicate', 'messages.disordered']) : []),
    ...valueRows(arms, ['rate.capacity']),
    ...linkRows(arms),
    ...cpuRows(arms),
  ];
}

function linkRows(arms: readonly ArmCells[]): Row[] {
  const rows = (label: string, show: (cells: readonly Cell[], direction: string) => string): Row[] =>
    ['up', 'down'].flatMap((detail) => {
      const values = arms.map(({ cells }) => (cells.some(({ link }) => link?.[detail]) ? show(cells, detail) : '-'));
      return values.every((text) => text === '-') ? [] : [{ label, detail, values }];
    });
  const some = arms.some(({ cells }) => cells.some((cell) => dropped(cell) > 0));
  return [
    ...rows('Packets, bytes', (cells, direction) => {
      const [packets, bytes] = ['packetsIn', 'bytesIn'].map((name) =>
        typical(cells, ({ link }) => link?.[direction]?.[name]),
      );
      return `${compact(packets as number)} ${formatSize(bytes as number)}`;
    }),
    ...(some
      ? rows('Lost + overflowed', (cells, direction) =>
          ['packetsLost', 'packetsOverflowed']
            .map((name) => compact(total(cells, ({ link }) => link?.[direction]?.[name])))
            .join(' + '),
        )
      : []),
  ];
}

const dropped = (cell: Cell): number =>
  Object.values(cell.link ?? {}).reduce((sum, d) => sum + (d.packetsLost ?? 0) + (d.packetsOverflowed ?? 0), 0);

/** 12,345 is read; 1,234,567 is counted. */
function compact(count: number): string {
  if (!(count >= 100_000)) return formatCount(count);
  return count < 1e6 ? `${Math.round(count / 1e3)}k` : `${(count / 1e6).toFixed(2)}M`;
}

/** What one connect, reconnect, message or idle minute cost. */
const costs = metricNames.filter((name): name is ValueName => /^wire\..*\.(up|down)$|\.cpu$/.test(name));

/** With the windows that a message is billed by, where these are not all of the traffic. */
function costHeading(cells: readonly Cell[]): string {
  const windows = [...new Set(cells.flatMap((cell) => cell.billed?.phases ?? []))];
  const all = windows.length === 0 || windows.includes('drain');
  return all ? 'What it costs' : `What it costs; messages in ${windows.join(', ')}`;
}

/** Of first connects and returns apart, where anybody returned: whether tickets were of use. */
function handshakeRows(arms: readonly ArmCells[]): Row[] {
  const rows = (which: 'first' | 'return', label: string): Row[] =>
    handshakeKinds.flatMap(([kind, detail]) => {
      const counts = arms.map((arm) => total(arm.cells, (cell) => handshakeCount(cell, which, kind)));
      if (!counts.some((count) => count > 0)) return [];
      return [{ label, detail, values: counts.map((count) => (count > 0 ? formatCount(count) : '-')) }];
    });
  const returns = rows('return', 'Returns, handshake');
  return returns.length === 0 ? [] : [...rows('first', 'First, handshake'), ...returns];
}

/** Processor time of each role over the cell. */
function cpuRows(arms: readonly ArmCells[]): Row[] {
  const used = arms.flatMap(({ cells }) => cells.flatMap(({ resources }) => resources.map(({ role }) => role)));
  return [...new Set(used)].map((role) => ({
    label: 'Processor time',
    detail: role,
    values: arms.map(({ cells }) => formatDuration(typical(cells, (cell) => cpuMicros(useOf(cell, role))))),
  }));
}
