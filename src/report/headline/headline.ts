import { formatDuration } from '../../base/units.js';
import { type CellRepeats, cellRepeats } from '../../compare/observations.js';
import type { Cell, NumberName, Result } from '../../result/types.js';
import { marksOf } from '../rows/marks.js';
import { slowestNetwork } from '../rows/point.js';
import type { DoubtNotes } from '../words/doubts.js';
import { enumerate } from '../words/words.js';
import { deliverySentences } from './delivery.js';
import { priceSentences } from './price.js';
import { survivalSentences } from './survival.js';
import { told } from './told.js';

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
  const isRunning = result.status === 'running';
  const sentences = [
    connectSentence(here, notes),
    ...survivalSentences(here, notes),
    silenceSentence(here, notes),
    wireSentence(here, notes),
    ...deliverySentences(groups),
    ...priceSentences(result, slowest, notes),
  ];
  const incomplete = incompleteSentence(result);
  const all = isRunning ? [incomplete, ...sentences] : [...sentences, incomplete];
  return all.filter((sentence) => sentence !== undefined);
}

/** More arms than this are told by the fastest and the slowest: a list of eight is no headline. */
const mostTold = 4;

function connectSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  const all = told(groups, { metric: 'connect.connack', statistic: 'p50' }, notes);
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

/** "TCP 1.20 s, TLS 1.30 s and QUIC 0.70 s"; nothing where nobody has it. */
function each(groups: readonly CellRepeats[], name: NumberName, notes: DoubtNotes): string {
  return enumerate(told(groups, name, notes).map(({ who, text }) => `${who} ${text}`));
}

function silenceSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  const parts = each(groups, { metric: 'delivery.gap', statistic: 'max' }, notes);
  if (parts === '') return undefined;
  return `Longest silence of any client while messages were due, over the whole cell: ${parts}.`;
}

/** What a message weighs, where nothing else happens that would have to be told. */
function wireSentence(groups: readonly CellRepeats[], notes: DoubtNotes): string | undefined {
  if (groups.some((group) => group.repeats.some((cell) => cell.events.length > 0))) return undefined;
  const parts = each(groups, { metric: 'wire.message.up', statistic: 'value' }, notes);
  if (parts === '') return undefined;
  return `${place(groups[0] as CellRepeats)} one message put on the wire, client to server: ${parts}.`;
}

function incompleteSentence({ cells, planned, status }: Result): string | undefined {
  const bad = cells.filter((cell) => cell.status !== 'finished').map((cell) => `${cell.id} ${cell.status}`);
  const notRun = planned.length - cells.length;
  const why = status === 'running' ? 'had not run when this was written' : 'were not run';
  const parts = [bad.join(', '), notRun > 0 ? `${notRun} of ${planned.length} planned cells ${why}` : ''];
  const told = parts.filter((part) => part !== '');
  return told.length > 0 ? `Incomplete: ${told.join('; ')}.` : undefined;
}
