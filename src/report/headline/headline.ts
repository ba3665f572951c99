import { formatDuration } from '../../base/units.js';
import { type CellRepeats, cellRepeats } from '../../compare/observations.js';
import type { Cell, NumberName, Result } from '../../result/types.js';
import { marksOf } from '../rows/marks.js';
import { combine, combinedText } from '../rows/number.js';
import { slowestNetwork } from '../rows/point.js';
import { type DoubtNotes, noteMark } from '../words/doubts.js';
import { enumerate } from '../words/enumerate.js';
import { armLabel } from '../words/words.js';
import { deliverySentences } from './delivery.js';
import { priceSentences } from './price.js';
import { survivalSentences } from './survival.js';

/**
 * What a result says, in sentences with its own numbers, most important first, each number with the doubts about it
 * (`?3`: see the third note). Nothing is said that was not measured: a result without finished cells says that.
 */
export function headline(result: Result): readonly string[] {
  const sentences = known.get(result) ?? sentencesOf(result);
  known.set(result, sentences);
  return sentences;
}

/** Every output asks, and which differences are sure takes a while to find out. */
const known = new WeakMap<Result, readonly string[]>();

function sentencesOf(result: Result): string[] {
  const groups = cellRepeats([result]).filter((group) => group.repeats.length > 0);
  if (groups.length === 0) return [`No cell of ${result.planned.length} finished; there is nothing to report.`];
  const slowest = slowestNetwork(groups.flatMap(({ repeats }) => repeats)) as string;
  const here = groups.filter((group) => group.network === slowest);
  const { notes } = marksOf(result);
  return [
    ...(result.status === 'running' ? [incompleteSentence(result)] : []),
    connectSentence(here, notes),
    ...survivalSentences(here, notes),
    silenceSentence(here, notes),
    wireSentence(here, notes),
    ...deliverySentences(groups),
    ...priceSentences(result, slowest, notes),
    ...(result.status === 'running' ? [] : [incompleteSentence(result)]),
  ].filter((sentence) => sentence !== undefined);
}

/** A number of an arm with its unit and the doubts about it: "64.0 ms ?2". */
interface Told {
  readonly who: string;
  readonly value: number;
  readonly text: string;
}

/** What each arm has of a number, smallest first; those without it are left out. */
function told(groups: readonly CellRepeats[], name: NumberName, notes: DoubtNotes): Told[] {
  return groups
    .map((group): Told => {
      const number = combine(group.repeats, name);
      const text = combinedText(number, name.metric) + noteMark(notes.about(group.repeats, name));
      return { who: armLabel(group.arm), value: number.value, text };
    })
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);
}

const connected: NumberName = { metric: 'connect.connack', statistic: 'p50' };

/** More arms than this are told by the fastest and the slowest: a list of eight is no headline. */
const mostTold = 4;

function connectSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  const all = told(groups, connected, notes);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const parts = all.map(({ who, text }, index) =>
    index === 0 ? `${who} clients were connected in ${text}` : `${who} in ${text}`,
  );
  const range = `clients of ${all.length} arms were connected in ${first.text} (${first.who}) to ${last.text} (${last.who})`;
  return `${place(groups[0] as CellRepeats)} ${all.length > mostTold ? range : enumerate(parts)} (median to CONNACK).`;
}

/** "At 30 ms round trip", "On 4g". */
function place({ network, repeats }: CellRepeats): string {
  const { rttMicros } = (repeats[0] as Cell).network;
  if (/^[\d.]+ ?ms$/.test(network)) return `At ${network.replace(/ ?ms/, ' ms')} round trip`;
  return rttMicros > 0 ? `On ${network} (${formatDuration(rttMicros)} round trip)` : `On ${network}`;
}

const longestSilence: NumberName = { metric: 'delivery.gap', statistic: 'max' };

function silenceSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  const parts = told(groups, longestSilence, notes).map(({ who, text }) => `${who} ${text}`);
  if (parts.length === 0) return undefined;
  return `Longest silence of any client while messages were due, over the whole cell: ${enumerate(parts)}.`;
}

/** What a message weighs, where nothing else happens that would have to be told. */
function wireSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  if (groups.some((group) => group.repeats.some((cell) => cell.events.length > 0))) return undefined;
  const weight: NumberName = { metric: 'wire.message.up', statistic: 'value' };
  const parts = told(groups, weight, notes).map(({ who, text }) => `${who} ${text}`);
  if (parts.length === 0) return undefined;
  return `${place(groups[0] as CellRepeats)} one message put on the wire, client to server: ${enumerate(parts)}.`;
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
  return status === 'running' ? 'had not run when this was written' : 'were not run';
}
