import { formatCount } from '../../base/units.js';
import type { CellRepeats } from '../../compare/observations.js';
import type { MetricName } from '../../metrics/registry.js';
import type { NumberName } from '../../result/types.js';
import { eventName, measuredEvents } from '../rows/events.js';
import { combine, combinedText } from '../rows/number.js';
import { type DoubtNotes, noteMark } from '../words/doubts.js';
import { armLabel } from '../words/words.js';

/** More events than this are no headline. */
const mostEvents = 3;

/** Who had to come back, a sentence for each event that disturbed the clients. */
export function survivalSentences(groups: readonly CellRepeats[], notes: DoubtNotes): string[] {
  const cells = groups.flatMap((group) => group.repeats);
  const events = measuredEvents(cells);
  const told = events.slice(0, mostEvents).map((event) => survivalSentence(groups, notes, event));
  const more = events.length - mostEvents;
  const rest = more > 0 ? [`${formatCount(more)} more ${more === 1 ? 'event is' : 'events are'} in the tables.`] : [];
  const sentences = events.length === 0 ? [survivalSentence(groups, notes, undefined)] : [...told, ...rest];
  return sentences.filter((sentence) => sentence !== undefined);
}

/** @param event undefined: of the last one, in results of schema 1 */
function survivalSentence(
  groups: readonly CellRepeats[],
  notes: DoubtNotes,
  event: string | undefined,
): string | undefined {
  const cells = groups.flatMap((group) => group.repeats);
  const last = cells.find(({ events }) => events.length > 0)?.events.at(-1)?.name;
  const words = event === undefined ? `the last event (${eventName(cells, last ?? '')})` : eventName(cells, event);
  if (event === undefined && last === undefined) return undefined;
  const told = groups
    .map((group) => ({ ...group, event }))
    .filter((one) => !Number.isNaN(count(one, 'clients.reconnected')));
  const back = told.filter((group) => count(group, 'clients.reconnected') > 0);
  const stayed = told.filter((group) => !back.includes(group));
  const parts =
    back.length > mostTold
      ? [returnOfMany(back, notes), ...stayed.map((group) => survivalPart(group, notes))]
      : told.map((group) => survivalPart(group, notes));
  const repeats = Math.max(...groups.map((group) => group.repeats.length));
  const together = repeats > 1 ? `, in ${repeats} repeats together,` : '';
  return parts.length > 0 ? `After ${words}${together} ${parts.join('; ')}.` : undefined;
}

/** The repeats of a cell, and which of their events is told. */
type Told = CellRepeats & { readonly event: string | undefined };

/** More arms than this are summed up: a list of eight is no headline. */
const mostTold = 3;

const outcome = (metric: MetricName, { event }: Told): NumberName => ({ metric, statistic: 'value', window: event });

/** Over all repeats; NaN when it was not counted. */
const count = (group: Told, metric: MetricName): number => combine(group.repeats, outcome(metric, group)).value;

const mark = ({ repeats }: CellRepeats, name: NumberName, notes: DoubtNotes): string =>
  noteMark(notes.about(repeats, name));

function returnOfMany(groups: readonly Told[], notes: DoubtNotes): string {
  const name: NumberName = { metric: 'reconnect.connack', statistic: 'p50', window: groups[0]?.event };
  const after = groups
    .map((group) => ({ group, number: combine(group.repeats, name) }))
    .filter(({ number }) => !Number.isNaN(number.value))
    .sort((a, b) => a.number.value - b.number.value)
    .map(({ group, number }) => {
      return `${combinedText(number, name.metric)}${mark(group, name, notes)} (${armLabel(group.arm)})`;
    });
  const who = `clients of ${groups.length} arms reconnected`;
  if (after.length === 0) return who;
  const lost = groups.reduce((sum, group) => sum + (count(group, 'clients.lost') || 0), 0);
  const never = lost > 0 ? `, and ${formatCount(lost)} clients never came back` : '';
  return `${who}, in the median after ${after[0]} to ${after.at(-1)}${never}`;
}

function survivalPart(group: Told, notes: DoubtNotes): string {
  const reconnected = count(group, 'clients.reconnected') || 0;
  const who = armLabel(group.arm);
  const lost = count(group, 'clients.lost') || 0;
  const doubted = mark(group, outcome('clients.reconnected', group), notes);
  const unknown = count(group, 'clients.unknown') || 0;
  const never = lost > 0 ? `, and ${formatCount(lost)} never came back` : '';
  const tail = unknown > 0 ? `${never}, and of ${formatCount(unknown)} nobody knows` : never;
  if (reconnected === 0) return `no ${who} client reconnected${tail}${doubted}`;
  const all = reconnected >= count({ ...group, event: undefined }, 'clients.connected');
  const clients = `${who} ${reconnected === 1 ? 'client' : 'clients'} reconnected${doubted}`;
  const name: NumberName = { metric: 'reconnect.connack', statistic: 'max', window: group.event };
  const slowest = combine(group.repeats, name);
  const after = Number.isNaN(slowest.value)
    ? ''
    : `, the slowest after ${combinedText(slowest, name.metric)}${mark(group, name, notes)}`;
  return `${all ? 'all ' : ''}${formatCount(reconnected)} ${clients}${after}${tail}`;
}
