import { formatCount, formatCounted } from '../../base/units.js';
import type { CellRepeats } from '../../compare/observations.js';
import type { MetricName } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import { eventName, measuredEvents } from '../rows/events.js';
import { combine } from '../rows/number.js';
import { type DoubtNotes, noteMark } from '../words/doubts.js';
import { armLabel } from '../words/words.js';
import { told } from './told.js';

/** More events than this are no headline. */
const mostEvents = 3;

/** Who had to come back, a sentence for each event that disturbed the clients. */
export function survivalSentences(groups: readonly CellRepeats[], notes: DoubtNotes): string[] {
  const cells = groups.flatMap((group) => group.repeats);
  const events = measuredEvents(cells);
  if (events.length === 0) {
    // Results of schema 1 have one outcome, that of the last event.
    const last = cells.find((cell) => cell.events.length > 0)?.events.at(-1)?.name;
    if (last === undefined) return [];
    return survivalSentence(groups, notes, undefined, `the last event (${eventName(cells, last)})`);
  }
  const more = events.length - mostEvents;
  return [
    ...events.slice(0, mostEvents).flatMap((event) => survivalSentence(groups, notes, event, eventName(cells, event))),
    ...(more > 0 ? [`${formatCounted(more, 'more event is', 'more events are')} in the tables.`] : []),
  ];
}

/** @param event undefined: of the whole cell @param words what it is called */
function survivalSentence(
  groups: readonly CellRepeats[],
  notes: DoubtNotes,
  event: string | undefined,
  words: string,
): string[] {
  const told = groups
    .map((group) => ({ ...group, event }))
    .filter((one) => !Number.isNaN(count(one, 'clients.reconnected')));
  if (told.length === 0) return [];
  const back = told.filter((group) => count(group, 'clients.reconnected') > 0);
  const many = back.length > mostTold ? back : [];
  const parts = [
    ...(many.length > 0 ? [returnOfMany(many, notes)] : []),
    ...told.filter((group) => !many.includes(group)).map((group) => survivalPart(group, notes)),
  ];
  const repeats = Math.max(...groups.map((group) => group.repeats.length));
  const together = repeats > 1 ? `, in ${repeats} repeats together,` : '';
  return [`After ${words}${together} ${parts.join('; ')}.`];
}

/** The repeats of a cell, and which of their events is told. */
type Group = CellRepeats & { readonly event: string | undefined };

/** More arms than this are summed up: a list of eight is no headline. */
const mostTold = 3;

/** Over all repeats; NaN when it was not counted. */
const count = ({ repeats, event }: Group, metric: MetricName): number =>
  combine(repeats, { metric, statistic: 'value', window: event }).value;

const never = (lost: number, what = ''): string =>
  lost > 0 ? `, and ${formatCount(lost)}${what} never came back` : '';

function returnOfMany(groups: readonly Group[], notes: DoubtNotes): string {
  const name: NumberName = { metric: 'reconnect.connack', statistic: 'p50', window: groups[0]?.event };
  const after = told(groups, name, notes).map(({ who, text }) => `${text} (${who})`);
  const who = `clients of ${groups.length} arms reconnected`;
  if (after.length === 0) return who;
  const lost = groups.reduce((sum, group) => sum + (count(group, 'clients.lost') || 0), 0);
  return `${who}, in the median after ${after[0]} to ${after.at(-1)}${never(lost, ' clients')}`;
}

function survivalPart(group: Group, notes: DoubtNotes): string {
  const { repeats, event } = group;
  const [reconnected, lost, unknown] = (['reconnected', 'lost', 'unknown'] as const).map(
    (name) => count(group, `clients.${name}`) || 0,
  ) as [number, number, number];
  const who = armLabel(group.arm);
  const reconnects: NumberName = { metric: 'clients.reconnected', statistic: 'value', window: event };
  const doubted = noteMark(notes.about(repeats, reconnects));
  const tail = never(lost) + (unknown > 0 ? `, and of ${formatCount(unknown)} nobody knows` : '');
  if (reconnected === 0) return `no ${who} client reconnected${tail}${doubted}`;
  const all = reconnected >= count({ ...group, event: undefined }, 'clients.connected') ? 'all ' : '';
  const [slowest] = told([group], { metric: 'reconnect.connack', statistic: 'max', window: event }, notes);
  const after = slowest === undefined ? '' : `, the slowest after ${slowest.text}`;
  return `${all}${formatCounted(reconnected, `${who} client`)} reconnected${doubted}${after}${tail}`;
}
