import { formatCount } from '../base/units.js';
import type { CellRepeats } from '../compare/observations.js';
import type { MetricName } from '../metrics/registry.js';
import type { Cell } from '../result/types.js';
import { combine, combinedText, type NumberName } from './number.js';
import { armLabel } from './words.js';
import { type DoubtNotes, noteMark } from './words-doubts.js';

/** Who had to come back after the first event that ends connections. */
export function survivalSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  const event = groups.flatMap((group) => group.repeats.flatMap((cell) => cell.events)).find(disturbs);
  if (!event) return undefined;
  const told = groups.filter((group) => !Number.isNaN(count(group, 'clients.reconnected')));
  const back = told.filter((group) => count(group, 'clients.reconnected') > 0);
  const stayed = told.filter((group) => !back.includes(group));
  const parts =
    back.length > mostTold
      ? [returnOfMany(back, notes), ...stayed.map((group) => survivalPart(group, notes))]
      : told.map((group) => survivalPart(group, notes));
  const repeats = Math.max(...groups.map((group) => group.repeats.length));
  const together = repeats > 1 ? `, in ${repeats} repeats together,` : '';
  return parts.length > 0 ? `After ${eventWords(event)}${together} ${parts.join('; ')}.` : undefined;
}

/** More arms than this are summed up: a list of eight is no headline. */
const mostTold = 3;

const outcome = (metric: MetricName): NumberName => ({ metric, statistic: 'value' });

/** Over all repeats; NaN when it was not counted. */
const count = ({ repeats }: CellRepeats, metric: MetricName): number => combine(repeats, outcome(metric)).value;

const mark = ({ repeats }: CellRepeats, name: NumberName, notes: DoubtNotes): string =>
  noteMark(notes.about(repeats, name));

function returnOfMany(groups: readonly CellRepeats[], notes: DoubtNotes): string {
  const name: NumberName = { metric: 'reconnect.connack', statistic: 'p50' };
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

function survivalPart(group: CellRepeats, notes: DoubtNotes): string {
  const reconnected = count(group, 'clients.reconnected') || 0;
  const who = armLabel(group.arm);
  const lost = count(group, 'clients.lost') || 0;
  const doubted = mark(group, outcome('clients.reconnected'), notes);
  const tail = lost > 0 ? `, and ${formatCount(lost)} never came back` : '';
  if (reconnected === 0) return `no ${who} client reconnected${tail}${doubted}`;
  const all = reconnected >= count(group, 'clients.connected');
  const clients = `${who} ${reconnected === 1 ? 'client' : 'clients'} reconnected${doubted}`;
  const name: NumberName = { metric: 'reconnect.connack', statistic: 'max' };
  const slowest = combine(group.repeats, name);
  const after = Number.isNaN(slowest.value)
    ? ''
    : `, the slowest after ${combinedText(slowest, name.metric)}${mark(group, name, notes)}`;
  return `${all ? 'all ' : ''}${formatCount(reconnected)} ${clients}${after}${tail}`;
}
