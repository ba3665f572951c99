import { formatCount, formatDuration, formatSize } from '../../base/units.js';
import type { ValueName } from '../../metrics/registry.js';
import type { Cell } from '../../result/types.js';
import { isOfSubscribers } from '../words/words.js';
import { type ArmCells, ofAll, percentileRows, type Row, type Section, theoryRow, valueRows } from './builders.js';
import { eventName, eventSections } from './events.js';
import { handshakeCount, handshakeKinds } from './handshakes.js';
import { known, medianOfKnown } from './number.js';

/** Everything the table shows of one network. */
export function sectionsOf(arms: readonly ArmCells[]): Section[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const windows = [...new Set(cells.flatMap((cell) => Object.keys(cell.windows)))];
  const first = cells.flatMap(({ events }) => events)[0]?.name;
  const event = first === undefined ? '' : ` ${eventName(cells, first)}`;
  const last = windows.at(-1);
  const sections: Section[] = [{ heading: 'Connecting, from when the connect was due', rows: connectRows(arms) }];
  for (const name of windows.length > 0 ? windows : [undefined]) {
    sections.push({ heading: windowHeading(name, name === last, event), rows: trafficRows(arms, name) });
  }
  sections.push(...eventSections(arms));
  sections.push({ heading: costHeading(cells), rows: costRows(arms) });
  sections.push({ heading: 'Over the whole cell', rows: wholeRows(arms, windows.length > 0) });
  return sections.filter((section) => section.rows.length > 0);
}

function windowHeading(name: string | undefined, isLast: boolean, event: string): string {
  if (name === undefined) return 'Publishing, from when the message was due';
  return `Publishing, ${name}${name === 'before' || (name === 'after' && isLast) ? event : ''}`;
}

function connectRows(arms: readonly ArmCells[]): Row[] {
  const stages = ['connect.transport', 'connect.connack', 'connect.suback'] as const;
  return stages.flatMap((metric) => {
    const rows = [...percentileRows(arms, metric, ['p50', 'p95', 'p99']), ...theoryRow(arms, metric)];
    return metric === 'connect.suback' && someSubscribe(arms)
      ? rows.map((row) => ({ ...row, label: 'Subscriber SUBACK' }))
      : rows;
  });
}

/** Where others only publish, SUBACK is of other clients than CONNACK, and may come before it. */
const someSubscribe = (arms: readonly ArmCells[]): boolean =>
  arms.some(({ cells }) => cells.some(({ metrics }) => isOfSubscribers('connect.suback', metrics)));

function trafficRows(arms: readonly ArmCells[], window: string | undefined): Row[] {
  return [
    ...percentileRows(arms, 'publish.ack', ['p50', 'p95', 'p99'], window),
    ...percentileRows(arms, 'delivery.e2e', ['p50', 'p99'], window),
    ...(published(arms) ? percentileRows(arms, 'delivery.gap', ['p50', 'max'], window) : []),
    ...(published(arms) ? valueRows(arms, ['rate.achieved'], () => '', window) : []),
  ];
}

/** Without messages their silence and their losses say nothing. */
const published = (arms: readonly ArmCells[]): boolean =>
  arms.some((arm) => arm.cells.some((cell) => (cell.metrics.values['messages.offered'] ?? 0) > 0));

function wholeRows(arms: readonly ArmCells[], hasWindows: boolean): Row[] {
  const messages = published(arms);
  return [
    ...valueRows(arms, ['clients.connected'], ofAll('clients.asked')),
    ...(messages && hasWindows ? percentileRows(arms, 'delivery.gap', ['p50', 'max']) : []),
    ...(messages ? valueRows(arms, ['messages.missing', 'messages.duplicate', 'messages.disordered']) : []),
    ...valueRows(arms, ['rate.capacity']),
    ...linkRows(arms),
    ...cpuRows(arms),
  ];
}

function linkRows(arms: readonly ArmCells[]): Row[] {
  const row = (label: string, key: 'up' | 'down', show: (cells: readonly Cell[]) => string): Row[] => {
    const values = arms.map(({ cells }) => (cells.some((cell) => cell.link?.[key]) ? show(cells) : '-'));
    return values.every((text) => text === '-') ? [] : [{ label, detail: key, values }];
  };
  const counts = (cells: readonly Cell[], key: string, name: string): number[] =>
    cells.map((cell) => cell.link?.[key]?.[name] ?? Number.NaN);
  const traffic = (key: 'up' | 'down') => (cells: readonly Cell[]) =>
    `${compact(medianOfKnown(counts(cells, key, 'packetsIn')))} ${formatSize(medianOfKnown(counts(cells, key, 'bytesIn')))}`;
  const lost = (key: 'up' | 'down') => (cells: readonly Cell[]) =>
    `${compact(sum(counts(cells, key, 'packetsLost')))} + ${compact(sum(counts(cells, key, 'packetsOverflowed')))}`;
  const some = arms.some((arm) => arm.cells.some((cell) => dropped(cell) > 0));
  return [
    ...row('Packets, bytes', 'up', traffic('up')),
    ...row('Packets, bytes', 'down', traffic('down')),
    ...(some ? [...row('Lost + overflowed', 'up', lost('up')), ...row('Lost + overflowed', 'down', lost('down'))] : []),
  ];
}

const dropped = (cell: Cell): number =>
  Object.values(cell.link ?? {}).reduce((sum, d) => sum + (d.packetsLost ?? 0) + (d.packetsOverflowed ?? 0), 0);

/** NaN when none is known: what nobody counts is not 0. */
const sum = (numbers: readonly number[]): number =>
  known(numbers).length === 0 ? Number.NaN : known(numbers).reduce((total, number) => total + number, 0);

/** 12,345 is read; 1,234,567 is counted. */
function compact(count: number): string {
  if (Number.isNaN(count)) return '-';
  return count < 100_000
    ? formatCount(count)
    : count < 1e6
      ? `${Math.round(count / 1e3)}k`
      : `${(count / 1e6).toFixed(2)}M`;
}

/** What one connect, reconnect, message or idle minute cost; label, detail, metric. */
const costs: readonly (readonly [string, string, ValueName])[] = [
  ['Bytes per connect', 'up', 'wire.connect.up'],
  ['Bytes per connect', 'down', 'wire.connect.down'],
  ['Bytes/reconnect', 'up', 'wire.reconnect.up'],
  ['Bytes/reconnect', 'down', 'wire.reconnect.down'],
  ['Bytes per message', 'up', 'wire.message.up'],
  ['Bytes per message', 'down', 'wire.message.down'],
  ['Bytes per idle min', 'up', 'wire.idle.up'],
  ['Bytes per idle min', 'down', 'wire.idle.down'],
  ['Broker, per', 'connect', 'broker.connect.cpu'],
  ['Broker, per', 'reconnect', 'broker.reconnect.cpu'],
  ['Broker, per', 'message', 'broker.message.cpu'],
  ['All roles, per', 'message', 'machine.message.cpu'],
];

/** With the windows that a message is billed by, where these are not all of the traffic. */
function costHeading(cells: readonly Cell[]): string {
  const windows = [...new Set(cells.flatMap((cell) => cell.billed?.phases ?? []))];
  const all = windows.length === 0 || windows.includes('drain');
  return all ? 'What it costs' : `What it costs; messages in ${windows.join(', ')}`;
}

function costRows(arms: readonly ArmCells[]): Row[] {
  const rows = costs.flatMap(([label, detail, metric]) =>
    valueRows(arms, [metric]).map((row) => ({ ...row, label, detail })),
  );
  return [...rows, ...handshakeRows(arms)];
}

/** Of first connects and returns apart, where anybody returned: whether tickets were of use. */
function handshakeRows(arms: readonly ArmCells[]): Row[] {
  const rows = (which: 'first' | 'return', label: string): Row[] =>
    handshakeKinds.flatMap(([kind, detail]) => {
      const counts = arms.map((arm) => sum(arm.cells.map((cell) => handshakeCount(cell, which, kind))));
      if (!counts.some((count) => count > 0)) return [];
      return [{ label, detail, values: counts.map((count) => (count > 0 ? formatCount(count) : '-')) }];
    });
  const returns = rows('return', 'Returns, handshake');
  return returns.length === 0 ? [] : [...rows('first', 'First, handshake'), ...returns];
}

/** Processor time of each role over the cell. */
function cpuRows(arms: readonly ArmCells[]): Row[] {
  const roles = [
    ...new Set(arms.flatMap((arm) => arm.cells.flatMap((cell) => cell.resources.map(({ role }) => role)))),
  ];
  return roles.map((role) => ({
    label: 'Processor time',
    detail: role,
    values: arms.map((arm) => {
      const times = arm.cells.map((cell) => {
        const use = cell.resources.find((one) => one.role === role);
        return use ? use.cpuUserMicros + use.cpuSystemMicros : Number.NaN;
      });
      return formatDuration(medianOfKnown(times));
    }),
  }));
}
