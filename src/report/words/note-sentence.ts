import type { Doubt } from '../../result/types.js';

/** A doubt and the cell that it was raised in. */
export interface NotedDoubt {
  readonly cellId: string;
  readonly doubt: Doubt;
}

/** Doubts of one code as one sentence: which cells, which metrics, what was found with its range, and the advice. */
export function noteSentence(doubts: readonly NotedDoubt[]): string {
  const parts = advicesOf(doubts).map((advice) => {
    const found = findings(doubts.filter(({ doubt }) => doubt.advice === advice)).join('; ');
    return advice === undefined ? found : `${found} (${advice})`;
  });
  return `${some(cellsOf(doubts), 'cells')}: ${aboutMetrics(doubts)}${parts.join('; ')}`;
}

/** The same where there is one cell only, its advice apart. */
export function noteOfCell(doubts: readonly NotedDoubt[]): { found: string; advice: string | undefined } {
  const advices = advicesOf(doubts).filter((advice) => advice !== undefined);
  const found = aboutMetrics(doubts) + findings(doubts).join('; ');
  return { found, advice: advices.length === 0 ? undefined : advices.join('; ') };
}

/** The same without metrics and advice, for one line: "late-sends (7 of 30 cells): 1.01–7.89 % of the publishes …". */
export function noteInBrief(doubts: readonly NotedDoubt[], cellCount: number): string {
  const cells = cellsOf(doubts);
  const where = cells.length === 1 ? (cells[0] as string) : `${cells.length} of ${cellCount} cells`;
  return `${doubts[0]?.doubt.code} (${where}): ${findings(doubts).join('; ')}`;
}

const cellsOf = (doubts: readonly NotedDoubt[]): string[] => [...new Set(doubts.map(({ cellId }) => cellId))];

const advicesOf = (doubts: readonly NotedDoubt[]): (string | undefined)[] => [
  ...new Set(doubts.map(({ doubt }) => doubt.advice)),
];

function aboutMetrics(doubts: readonly NotedDoubt[]): string {
  const metrics = [...new Set(doubts.flatMap(({ doubt }) => doubt.metric ?? []))];
  return metrics.length > 0 ? `${some(metrics, 'metrics')}: ` : '';
}

/** Messages that differ in their numbers, windows and fleets only are one, with the range of each number. */
function findings(doubts: readonly NotedDoubt[]): string[] {
  const whole = new Set(doubts.filter(({ doubt }) => isOfWholeCell(doubt)).map(({ cellId }) => cellId));
  // What is said of the whole cell is said of its windows already.
  const told = doubts.flatMap(({ cellId, doubt }) => {
    if (whole.has(cellId) && !isOfWholeCell(doubt)) return [];
    return [{ window: doubt.window, fleet: doubt.fleet, message: withoutWindow(doubt) }];
  });
  const shapes = [...new Set(told.map(({ message }) => shapeOf(message)))];
  return shapes.map((shape) => {
    const alike = told.filter(({ message }) => shapeOf(message) === shape);
    const places = [
      placesOf(
        'in',
        alike.map(({ window }) => window),
      ),
      placesOf(
        'of',
        alike.map(({ fleet }) => fleet),
      ),
    ];
    const where = places.filter((place) => place !== '').join('; ');
    return joined(alike.map(({ message }) => message)) + (where === '' ? '' : ` [${where}]`);
  });
}

/** "in before, after", "also in after": windows or fleets that a sentence is about. @param names undefined: of all */
function placesOf(word: string, names: readonly (string | undefined)[]): string {
  const all = [...new Set(names)];
  const named = all.filter((name) => name !== undefined);
  return named.length === 0 ? '' : `${named.length < all.length ? 'also ' : ''}${word} ${named.join(', ')}`;
}

/** It spoils every number of its cell; of a fleet it spoils those of all clients as well. */
export const isOfWholeCell = ({ metric, window, phase }: Doubt): boolean =>
  metric === undefined && window === undefined && phase === undefined;

function withoutWindow({ message, window }: Doubt): string {
  return window === undefined ? message : message.replace(` in "${window}"`, '').replace(` in ${window}`, '');
}

/** Up to four names; of more, the first three and how many there are. */
function some(names: readonly string[], what: string): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} … (${names.length} ${what})`;
}

/** A number with its unit, as sentences of doubts have them; not the digits of a name such as P99. */
const quantity = /(?<![\w.@#])(\d[\d,]*(?:\.\d+)?)( ?(?:µs|ms|s|m|h|%|B|KB|MB|GB|\/s)(?![\w]))?/g;

/** In one unit of each kind, so that "950 ms" comes before "1.05 s". */
const sizes: Readonly<Record<string, number>> = { µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, KB: 1e3, MB: 1e6, GB: 1e9 };

/** A sentence without its numbers: what is the same in sentences that can be joined. */
const shapeOf = (message: string): string => message.replace(quantity, '#');

/** Sentences of one shape as one, each number with its range: "1.01–7.89 % of the publishes …". */
function joined(messages: readonly string[]): string {
  const all = messages.map((message) =>
    [...message.matchAll(quantity)].map(([, digits = '', unit = '']) => ({
      digits,
      unit,
      size: Number(digits.replaceAll(',', '')) * (sizes[unit.trim()] ?? 1),
    })),
  );
  let place = -1;
  return (messages[0] ?? '').replace(quantity, (text) => {
    place++;
    const column = all.flatMap((quantities) => quantities[place] ?? []).sort((a, b) => a.size - b.size);
    const [low, high] = [column[0], column.at(-1)];
    if (low === undefined || high === undefined) return text;
    if (low.size === high.size) return `${high.digits}${high.unit}`;
    return `${low.digits}${low.unit === high.unit ? '' : low.unit}–${high.digits}${high.unit}`;
  });
}
