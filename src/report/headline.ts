import { formatCount, formatDuration, formatSize } from '../base/units.js';
import { type CellRepeats, cellRepeats, observations } from '../compare/observations.js';
import { median } from '../compare/probability.js';
import type { Statistic } from '../compare/types.js';
import type { DistributionName, MetricName } from '../metrics/registry.js';
import type { Cell, Result } from '../result/types.js';

/** "QUIC" for a plain transport; the scenario's own name for a variant of one. */
export function armLabel(arm: string): string {
  return /^(tcp|tls|ws|wss|quic)$/.test(arm) ? arm.toUpperCase() : arm;
}

/**
 * What a result says, in sentences with its own numbers, most important first. Nothing is
 * said that was not measured: a result without finished cells says that.
 */
export function headline(result: Result): string[] {
  const groups = cellRepeats([result]).filter((group) => group.repeats.length > 0);
  if (groups.length === 0) return [`No cell of ${result.planned.length} finished; there is nothing to report.`];
  const slowest = slowestNetwork(groups);
  const here = groups.filter((group) => group.network === slowest);
  return [
    connectSentence(here),
    survivalSentence(here),
    silenceSentence(here),
    wireSentence(here),
    deliverySentence(groups),
    incompleteSentence(result),
  ].filter((sentence) => sentence !== undefined);
}

/** The network with the longest round trip shows the differences best. */
function slowestNetwork(groups: readonly CellRepeats[]): string {
  const rtt = (group: CellRepeats) => (group.repeats[0] as Cell).network.rttMicros;
  return groups.reduce((best, group) => (rtt(group) > rtt(best) ? group : best)).network;
}

/** The median over repeats; undefined when no repeat measured it. */
function typical(group: CellRepeats, metric: MetricName, statistic: Statistic): number | undefined {
  const values = observations(group.repeats, metric, statistic);
  return values.length > 0 ? median(values) : undefined;
}

function connectSentence(groups: readonly CellRepeats[]): string | undefined {
  const measured = groups
    .map((group) => ({ group, micros: typical(group, 'connect.connack', 'p50') }))
    .filter((one): one is { group: CellRepeats; micros: number } => one.micros !== undefined)
    .sort((a, b) => a.micros - b.micros);
  if (measured.length === 0) return undefined;
  const parts = measured.map(({ group, micros }, index) => {
    const who = armLabel(group.arm);
    return index === 0
      ? `${who} clients were connected in ${formatDuration(micros)}`
      : `${who} in ${formatDuration(micros)}`;
  });
  return `${place(groups[0] as CellRepeats)} ${enumerate(parts)} (median to CONNACK).`;
}

/** "At 30 ms round trip", "On 4g". */
function place({ network, repeats }: CellRepeats): string {
  const { rttMicros } = (repeats[0] as Cell).network;
  if (/^[\d.]+ ?ms$/.test(network)) return `At ${network.replace(/ ?ms/, ' ms')} round trip`;
  return rttMicros > 0 ? `On ${network} (${formatDuration(rttMicros)} round trip)` : `On ${network}`;
}

function survivalSentence(groups: readonly CellRepeats[]): string | undefined {
  const event = groups.flatMap((group) => group.repeats.flatMap((cell) => cell.events)).find(disturbs);
  if (!event) return undefined;
  const told = groups.filter((group) => typical(group, 'clients.reconnected', 'value') !== undefined);
  const back = told.filter((group) => (typical(group, 'clients.reconnected', 'value') ?? 0) > 0);
  const parts =
    back.length > mostTold
      ? [returnOfMany(back), ...told.filter((group) => !back.includes(group)).map(survivalPart)]
      : told.map(survivalPart);
  return parts.length > 0 ? `After ${eventWords(event)} ${parts.join('; ')}.` : undefined;
}

/** More arms than this are summed up: a list of eight is no headline. */
const mostTold = 3;

function returnOfMany(groups: readonly CellRepeats[]): string {
  const after = groups
    .map((group) => ({ who: armLabel(group.arm), micros: typical(group, 'reconnect.connack', 'p50') }))
    .filter((one): one is { who: string; micros: number } => one.micros !== undefined)
    .sort((a, b) => a.micros - b.micros);
  const who = `clients of ${groups.length} arms reconnected`;
  const [first, last] = [after[0], after.at(-1)];
  if (!first || !last) return who;
  const range = `${formatDuration(first.micros)} (${first.who}) to ${formatDuration(last.micros)} (${last.who})`;
  const lost = groups.reduce((sum, group) => sum + (typical(group, 'clients.lost', 'value') ?? 0), 0);
  return `${who}, in the median after ${range}${lost > 0 ? `, and ${formatCount(lost)} clients never came back` : ''}`;
}

/** Events that end connections; going back to a healthy link is not one. */
function disturbs(event: Cell['events'][number]): boolean {
  return event.proof.kind !== 'heal' && event.name !== 'heal';
}

function eventWords(event: Cell['events'][number]): string {
  const kind = String(event.proof.kind ?? event.name);
  const words: Record<string, string> = {
    rebind: 'the address change',
    blackout: 'the blackout',
    cut: 'the cut',
    disconnect: 'the disconnect',
  };
  return words[kind] ?? `"${event.name}"`;
}

function survivalPart(group: CellRepeats): string {
  const reconnected = typical(group, 'clients.reconnected', 'value') ?? 0;
  const clients = typical(group, 'clients.connected', 'value');
  const who = armLabel(group.arm);
  const lost = typical(group, 'clients.lost', 'value') ?? 0;
  const tail = lost > 0 ? `, and ${formatCount(lost)} never came back` : '';
  if (reconnected === 0) return `no ${who} client reconnected${tail}`;
  const all = clients !== undefined && reconnected >= clients;
  const count = `${all ? 'all ' : ''}${formatCount(reconnected)} ${who} ${reconnected === 1 ? 'client' : 'clients'} reconnected`;
  const slowest = worst(group, 'reconnect.connack');
  return `${count}${slowest === undefined ? '' : `, the slowest after ${formatDuration(slowest)}`}${tail}`;
}

/** The largest value of all repeats. */
function worst({ repeats }: CellRepeats, metric: DistributionName): number | undefined {
  const values = repeats.map((cell) => cell.metrics.distributions[metric]?.max).filter((max) => max !== undefined);
  return values.length > 0 ? Math.max(...values) : undefined;
}

function silenceSentence(groups: readonly CellRepeats[]): string | undefined {
  const parts = groups
    .map((group) => ({ who: armLabel(group.arm), micros: worst(group, 'delivery.gap') }))
    .filter((one): one is { who: string; micros: number } => one.micros !== undefined)
    .sort((a, b) => a.micros - b.micros)
    .map(({ who, micros }) => `${who} ${formatDuration(micros)}`);
  return parts.length > 0 ? `Longest silence of any client while messages were due: ${enumerate(parts)}.` : undefined;
}

/** What a message weighs, where nothing else happens that would have to be told. */
function wireSentence(groups: readonly CellRepeats[]): string | undefined {
  if (groups.some((group) => group.repeats.some((cell) => cell.events.length > 0))) return undefined;
  const parts = groups
    .map((group) => ({ who: armLabel(group.arm), bytes: typical(group, 'wire.message.up', 'value') }))
    .filter((one): one is { who: string; bytes: number } => one.bytes !== undefined)
    .sort((a, b) => a.bytes - b.bytes)
    .map(({ who, bytes }) => `${who} ${formatSize(bytes)}`);
  if (parts.length === 0) return undefined;
  return `${place(groups[0] as CellRepeats)} one message put on the wire, client to server: ${enumerate(parts)}.`;
}

/** What the ledgers of all cells come to: broken promises by name, or that none was broken. */
function deliverySentence(groups: readonly CellRepeats[]): string | undefined {
  const rows = groups.flatMap((group) => group.repeats.flatMap((cell) => cell.ledger.map((row) => ({ group, row }))));
  const counted = rows.filter(({ row }) => row.verdict === 'kept' || row.verdict === 'broken');
  if (counted.length === 0) return undefined;
  const broken = counted.filter(({ row }) => row.verdict === 'broken');
  if (broken.length === 0) {
    const sent = counted.reduce((sum, { row }) => sum + row.sent, 0);
    return `Every QoS promise was kept: ${formatCount(sent)} messages with QoS 1 or 2 were sent in all cells together.`;
  }
  const where = [...new Set(broken.map(({ group, row }) => `${group.cell} (QoS ${row.qos})`))];
  const missing = broken.reduce((sum, { row }) => sum + row.missing, 0);
  return `A QoS promise was broken in ${where.join(', ')}: ${formatCount(missing)} messages are missing.`;
}

function incompleteSentence(result: Result): string | undefined {
  const bad = result.cells.filter((cell) => cell.status !== 'finished');
  const notRun = result.planned.length - result.cells.length;
  const parts = [
    ...(bad.length > 0 ? [`${bad.map((cell) => `${cell.id} ${cell.status}`).join(', ')}`] : []),
    ...(notRun > 0 ? [`${notRun} of ${result.planned.length} planned cells ${notRunWords(result)}`] : []),
  ];
  return parts.length > 0 ? `Incomplete: ${parts.join('; ')}.` : undefined;
}

function notRunWords({ status }: Result): string {
  return status === 'running' ? 'are still to come' : 'were not run';
}

/** "a, b and c" */
function enumerate(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
