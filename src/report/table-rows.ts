import { formatCount, formatDuration, formatSize } from '../base/units.js';
import { type DistributionName, type MetricName, metrics, type ValueName } from '../metrics/registry.js';
import type { Cell, Distribution, MetricSet } from '../result/types.js';
import { handshakeCount, handshakeKinds } from './handshakes.js';
import { rowName, unitOf, withUnit } from './words.js';

/** One arm on one network: all its repeats that finished. */
export interface ArmCells {
  readonly arm: string;
  readonly cells: readonly Cell[];
}

export interface RowValue {
  readonly text: string;
  /** The best of its row, and not all alike. */
  readonly best?: boolean;
  /** The metric it shows, so that a doubt about it can stand beside it. */
  readonly metric?: MetricName;
}

export interface Row {
  /** Shown where it differs from the row above. */
  readonly label: string;
  readonly detail: string;
  readonly values: readonly RowValue[];
}

/** Rows that belong together, under a heading. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

type Percentile = 'p50' | 'p95' | 'p99' | 'max';
type Pick = (cell: Cell) => MetricSet | undefined;

const whole: Pick = (cell) => cell.metrics;
const inWindow =
  (name: string): Pick =>
  (cell) =>
    cell.windows[name];

/** Everything the table shows of one network. */
export function sectionsOf(arms: readonly ArmCells[]): Section[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const windows = [...new Set(cells.flatMap((cell) => Object.keys(cell.windows)))];
  const events = [...new Set(cells.flatMap((cell) => cell.events.map((event) => event.name)))];
  const last = windows.at(-1);
  const sections: Section[] = [{ heading: 'Connecting, from when the connect was due', rows: connectRows(arms) }];
  for (const name of windows.length > 0 ? windows : [undefined]) {
    sections.push({ heading: windowHeading(name, name === last, events), rows: trafficRows(arms, name) });
  }
  if (events.length > 0)
    sections.push({ heading: `Clients after ${eventName(events[0] as string)}`, rows: eventRows(arms, last) });
  sections.push({ heading: costHeading(cells), rows: costRows(arms) });
  sections.push({ heading: 'Over the whole cell', rows: wholeRows(arms) });
  return sections.filter((section) => section.rows.length > 0);
}

function windowHeading(name: string | undefined, isLast: boolean, events: readonly string[]): string {
  if (name === undefined) return 'Publishing, from when the message was due';
  const event =
    (name === 'before' || (name === 'after' && isLast)) && events.length > 0
      ? ` ${eventName(events[0] as string)}`
      : '';
  return `Publishing, ${name}${event}`;
}

/** An event that was given a name of its own goes by it, without an article. */
const eventName = (name: string): string =>
  ['rebind', 'blackout', 'cut', 'disconnect', 'flap', 'return', 'address-change'].includes(name) ? `the ${name}` : name;

function connectRows(arms: readonly ArmCells[]): Row[] {
  const stages = ['connect.transport', 'connect.connack', 'connect.suback'] as const;
  return stages.flatMap((metric) => [
    ...percentileRows(arms, metric, whole, ['p50', 'p95', 'p99']),
    ...theoryRow(arms, metric),
  ]);
}

function trafficRows(arms: readonly ArmCells[], window: string | undefined): Row[] {
  const pick = window === undefined ? whole : inWindow(window);
  return [
    ...percentileRows(arms, 'publish.ack', pick, ['p50', 'p95', 'p99']),
    ...percentileRows(arms, 'delivery.e2e', pick, ['p50', 'p99']),
    ...(published(arms) ? valueRows(arms, ['rate.achieved'], () => '', pick) : []),
  ];
}

function eventRows(arms: readonly ArmCells[], lastWindow: string | undefined): Row[] {
  const after = lastWindow === undefined ? whole : inWindow(lastWindow);
  return [
    ...valueRows(arms, ['clients.survived', 'clients.reconnected', 'clients.lost'], (cell) => ofAll(cell)),
    ...percentileRows(arms, 'reconnect.noticed', whole, ['p50', 'max']),
    ...percentileRows(arms, 'reconnect.connack', whole, ['p50', 'p95', 'max']),
    ...retryRows(arms),
    ...(published(arms) ? percentileRows(arms, 'delivery.gap', after, ['p50', 'max']) : []),
  ];
}

/** Beside theory, where anybody reconnected. */
function retryRows(arms: readonly ArmCells[]): Row[] {
  const rows = percentileRows(arms, 'reconnect.retry', whole, ['p50', 'p95']);
  return rows.length > 0 ? [...rows, ...theoryRow(arms, 'reconnect.retry')] : [];
}

/** Without messages their silence and their losses say nothing. */
const published = (arms: readonly ArmCells[]): boolean =>
  arms.some((arm) => arm.cells.some((cell) => (cell.metrics.values['messages.offered'] ?? 0) > 0));

const ofAll = (cell: Cell): string => {
  const clients = cell.metrics.values['clients.connected'];
  return clients === undefined ? '' : ` of ${formatCount(clients)}`;
};

function wholeRows(arms: readonly ArmCells[]): Row[] {
  return [
    ...valueRows(arms, ['clients.connected'], (cell) => {
      const asked = cell.metrics.values['clients.asked'];
      return asked === undefined ? '' : ` of ${formatCount(asked)}`;
    }),
    ...(published(arms) ? valueRows(arms, ['messages.missing', 'messages.duplicate', 'messages.disordered']) : []),
    ...valueRows(arms, ['rate.capacity']),
    ...linkRows(arms),
    ...cpuRows(arms),
  ];
}

function percentileRows(
  arms: readonly ArmCells[],
  metric: DistributionName,
  pick: Pick,
  percentiles: readonly Percentile[],
): Row[] {
  const numbers = (percentile: Percentile): number[] =>
    arms.map((arm) => median(arm.cells.map((cell) => fromDistribution(pick(cell)?.distributions[metric], percentile))));
  if (numbers('p50').every(Number.isNaN)) return [];
  return percentiles.map((percentile) => ({
    label: rowName(metric),
    detail: percentile === 'max' ? 'max' : percentile.toUpperCase(),
    values: marked(numbers(percentile), metric, (value) => withUnit(value, unitOf(metric))),
  }));
}

const fromDistribution = (distribution: Distribution | undefined, percentile: Percentile): number =>
  distribution && distribution.count > 0 ? distribution[percentile] : Number.NaN;

function theoryRow(arms: readonly ArmCells[], metric: MetricName): Row[] {
  const values = arms.map(({ cells: [cell] }) => {
    const roundTrips = cell?.theoryRoundTrips[metric];
    if (cell === undefined || roundTrips === undefined) return { text: '-' };
    const { rttMicros } = cell.network;
    return {
      text: rttMicros > 0 ? `${roundTrips} RTT ${formatDuration(roundTrips * rttMicros)}` : `${roundTrips} RTT`,
    };
  });
  return values.every(({ text }) => text === '-') ? [] : [{ label: rowName(metric), detail: 'theory', values }];
}

function valueRows(
  arms: readonly ArmCells[],
  names: readonly ValueName[],
  more: (cell: Cell) => string = () => '',
  pick: Pick = whole,
): Row[] {
  return names.flatMap((metric) => {
    const numbers = arms.map((arm) => median(arm.cells.map((cell) => pick(cell)?.values[metric] ?? Number.NaN)));
    if (numbers.every(Number.isNaN)) return [];
    const values = marked(numbers, metric, (value, i) => {
      const cell = arms[i]?.cells[0];
      return withUnit(value, unitOf(metric)) + (cell ? more(cell) : '');
    });
    return [{ label: rowName(metric), detail: '', values }];
  });
}

/** Marks the best values, by the direction the registry declares; when all arms are alike, none is. */
function marked(
  numbers: readonly number[],
  metric: MetricName,
  show: (value: number, i: number) => string,
): RowValue[] {
  const texts = numbers.map((value, i) => (Number.isNaN(value) ? '-' : show(value, i)));
  const present = numbers.filter((value) => !Number.isNaN(value));
  const { better } = metrics[metric];
  const best =
    better === 'none' || present.length < 2 ? Number.NaN : Math[better === 'lower' ? 'min' : 'max'](...present);
  const bestText = texts[numbers.indexOf(best)];
  const allAlike = texts.every((text) => text === bestText);
  return texts.map((text) => ({ text, metric, best: !allAlike && text === bestText }));
}

function linkRows(arms: readonly ArmCells[]): Row[] {
  const row = (label: string, detail: string, show: (direction: Readonly<Record<string, number>>) => string): Row[] => {
    const key = detail === 'up' ? 'up' : 'down';
    const values = arms.map(({ cells: [cell] }) => ({ text: cell?.link?.[key] ? show(cell.link[key]) : '-' }));
    return values.every(({ text }) => text === '-') ? [] : [{ label, detail, values }];
  };
  const traffic = (d: Readonly<Record<string, number>>): string =>
    `${compact(d.packetsIn)} ${formatSize(d.bytesIn ?? Number.NaN)}`;
  const lost = (d: Readonly<Record<string, number>>): string =>
    `${compact(d.packetsLost)} + ${compact(d.packetsOverflowed)}`;
  const some = arms.some((arm) => arm.cells.some((cell) => dropped(cell) > 0));
  return [
    ...row('Packets, bytes', 'up', traffic),
    ...row('Packets, bytes', 'down', traffic),
    ...(some ? [...row('Lost + overflowed', 'up', lost), ...row('Lost + overflowed', 'down', lost)] : []),
  ];
}

const dropped = (cell: Cell): number =>
  Object.values(cell.link ?? {}).reduce((sum, d) => sum + (d.packetsLost ?? 0) + (d.packetsOverflowed ?? 0), 0);

/** 12,345 is read; 1,234,567 is counted. */
function compact(count: number | undefined): string {
  if (count === undefined) return '-';
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
      const counts = arms.map((arm) => median(arm.cells.map((cell) => handshakeCount(cell, which, kind))));
      if (!counts.some((count) => count > 0)) return [];
      return [{ label, detail, values: counts.map((count) => ({ text: count > 0 ? formatCount(count) : '-' })) }];
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
      return { text: formatDuration(median(times)) };
    }),
  }));
}

/** Of the numbers there are; the lower of the two middle ones is not preferred, their mean is taken. NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
