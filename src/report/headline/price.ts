import { type MetricName, metrics } from '../../metrics/registry.js';
import type { NumberName, Result } from '../../result/types.js';
import { armDifferences, isCompared } from '../comparison/arms.js';
import { type ArmCells, armsOn, numberRow } from '../rows/builders.js';
import { combine } from '../rows/number.js';
import { fullLabel, pointOf } from '../rows/point.js';
import { type DoubtNotes, inOrder, noteMark } from '../words/doubts.js';
import { armLabel, enumerate } from '../words/words.js';

/** What an arm may cost more, the most important first. */
const costs = {
  'broker.message.cpu': 'processor time of the broker per message',
  'wire.message.up': 'bytes per message, client to server',
  'broker.connect.cpu': 'processor time of the broker per connect',
  'wire.connect.up': 'bytes per connect, client to server',
} satisfies Partial<Record<MetricName, string>>;

/** More arms than this are compared in the table: a sentence for each of them is no headline. */
const mostArms = 3;
const mostGains = 3;
const mostPrices = 2;
/** Less is no news; of one repeat it has to be more, because nobody knows how much of it is chance. */
const leastChange = { several: 0.05, one: 0.1 };

/** A difference that is told. */
interface Change {
  readonly text: string;
  readonly isCost: boolean;
  /** It is in favour of the arm. */
  readonly isBetter: boolean;
}

/**
 * What an arm has over the first one on a network, and what that costs: a sentence for each arm that has anything over it.
 * Of several repeats only what they show beyond chance.
 */
export function priceSentences(result: Result, network: string, notes: DoubtNotes): string[] {
  const [reference, ...others] = armsOn(result, network).filter(({ cells }) => cells.length > 0);
  if (reference === undefined || others.length === 0 || others.length >= mostArms) return [];
  const isOne = [reference, ...others].some(({ cells }) => cells.length < 2);
  const prices = Object.keys(costs).map((metric): NumberName => ({ metric: metric as MetricName, statistic: 'value' }));
  const names = [...pointOf(result).filter(({ metric }) => !(metric in costs)), ...prices].filter(isMeasure);
  // All of the differences from the first arm are corrected together.
  const differences = isOne
    ? undefined
    : armDifferences(result, [reference.arm, others.map(({ arm }) => arm)], names.filter(isCompared), 100);
  const isSure = (arm: string, name: NumberName): boolean =>
    differences === undefined || (differences(arm, network, name)?.pAdjusted ?? 1) <= 0.05;
  return others.flatMap((arm) => {
    const changes = names
      .filter((name) => isSure(arm.arm, name))
      .flatMap((name) => changeOf(reference, arm, name, { result, notes, isOne }));
    const gains = changes
      .filter(({ isCost }) => !isCost)
      .sort(betterFirst)
      .slice(0, mostGains);
    const paid = changes.filter(({ isCost }) => isCost).slice(0, mostPrices);
    if (!gains.some(({ isBetter }) => isBetter)) return [];
    const text = (of: readonly Change[]): string => enumerate(of.map((one) => one.text));
    const price = paid.length > 0 ? `; its price: ${text(paid)}` : '';
    return [
      `${armLabel(arm.arm)} against ${armLabel(reference.arm)}${isOne ? ', in one repeat' : ''}: ${text(gains)}${price}.`,
    ];
  });
}

/** Counts of clients and messages are told by the other sentences. */
const isMeasure = ({ metric }: NumberName): boolean =>
  metrics[metric].unit !== 'count' && metrics[metric].better !== 'none';

function changeOf(
  reference: ArmCells,
  arm: ArmCells,
  name: NumberName,
  { result, notes, isOne }: { readonly result: Result; readonly notes: DoubtNotes; readonly isOne: boolean },
): Change[] {
  const [base, head] = [combine(reference.cells, name), combine(arm.cells, name)];
  if (base.isLowerBound || head.isLowerBound || !(base.value > 0) || !(head.value > 0)) return [];
  const ratio = head.value / base.value;
  if (Math.abs(ratio - 1) < leastChange[isOne ? 'one' : 'several']) return [];
  const cost = costs[name.metric as keyof typeof costs] as string | undefined;
  const row = numberRow([reference, arm], name);
  if (row === undefined) return [];
  const spoilt = [reference, arm].flatMap(({ cells }) => notes.about(cells, name));
  const doubts = noteMark(inOrder(spoilt));
  // Of one repeat, a doubted difference may be the doubt alone; what is paid is told all the same.
  if (isOne && cost === undefined && spoilt.length > 0) return [];
  const isBetter = ratio < 1 === (metrics[name.metric].better === 'lower');
  const text =
    cost === undefined
      ? `${fullLabel(row, result.cells)} ${changeText(ratio, 'lower', 'higher')}`
      : `${changeText(ratio, 'less', 'more')} ${cost}`;
  // What is cheaper is no price.
  return [{ text: text + doubts, isCost: cost !== undefined && !isBetter, isBetter }];
}

const betterFirst = (a: Change, b: Change): number => Number(b.isBetter) - Number(a.isBetter);

/** "84 % lower", "51 % more", "3.2 times". */
function changeText(ratio: number, less: string, more: string): string {
  if (ratio >= 2)
    return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times ${more === 'more' ? 'the' : 'as much'}`;
  return `${Math.round(Math.abs(ratio - 1) * 100)} % ${ratio < 1 ? less : more}`;
}
