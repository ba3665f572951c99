import type { Doubt } from '../../result/types.js';
import { joinedMessage, shapeOf } from './joined-message.js';

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

/** Messages that differ in their numbers and windows only are one, with the range of each number. */
function findings(doubts: readonly NotedDoubt[]): string[] {
  const whole = new Set(doubts.filter(({ doubt }) => isOfWholeCell(doubt)).map(({ cellId }) => cellId));
  const groups = new Map<string, { messages: string[]; windows: Set<string | undefined> }>();
  for (const { cellId, doubt } of doubts) {
    // Said of the whole cell already, with its windows.
    if (whole.has(cellId) && !isOfWholeCell(doubt)) continue;
    const message = withoutWindow(doubt);
    const group = groups.get(shapeOf(message)) ?? { messages: [], windows: new Set() };
    groups.set(shapeOf(message), group);
    group.messages.push(message);
    group.windows.add(doubt.window);
  }
  return [...groups.values()].map(({ messages, windows }) => {
    const named = [...windows].filter((window) => window !== undefined);
    const where = named.length === 0 ? '' : ` [${named.length < windows.size ? 'also ' : ''}in ${named.join(', ')}]`;
    return joinedMessage(messages) + where;
  });
}

const isOfWholeCell = ({ metric, window, phase }: Doubt): boolean =>
  metric === undefined && window === undefined && phase === undefined;

function withoutWindow({ message, window }: Doubt): string {
  return window === undefined ? message : message.replace(` in "${window}"`, '').replace(` in ${window}`, '');
}

/** Up to four names; of more, the first three and how many there are. */
function some(names: readonly string[], what: string): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} … (${names.length} ${what})`;
}
