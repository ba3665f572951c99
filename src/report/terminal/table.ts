import { wrap } from '../../base/text/wrap.js';
import type { NumberName, Result } from '../../result/types.js';
import { blocksOf } from '../rows/blocks.js';
import { networksOf } from '../rows/builders.js';
import { cubeOf, type Grid, gridsBy } from '../rows/cube.js';
import { measuredEvents } from '../rows/events.js';
import { bestMeaning, marksOf, readingOf } from '../rows/marks.js';
import { noteMark } from '../words/doubts.js';
import { type NamedResult, titleOf } from '../words/named-result.js';
import { remarksOf } from '../words/remarks.js';
import { outcomeMarks, provenanceLine } from '../words/words.js';
import { colourise, type Paint } from './colour.js';
import { drawGrid, fitted } from './grid.js';
import { printableResult } from './printable-result.js';

export interface TableOptions {
  /** Default false. */
  readonly colour?: boolean;
  /** Width to fill at most; default and least 80. */
  readonly columns?: number;
}

/** More networks than this are shown as one table per number instead of one per network. */
const mostBlocks = 6;

/** A result for a terminal: per network the arms side by side, best values marked, doubts beside what they doubt. */
export function renderTable(given: NamedResult, options: TableOptions = {}): string {
  const result = printableResult(given);
  const paint = colourise(options.colour ?? false);
  const columns = Math.max(80, Math.min(options.columns ?? 80, 160));
  const { notes } = marksOf(result);
  const faint = (text: string): string[] => wrap(text, columns).map(paint.faint);
  const lines = [paint.bold(titleOf(result)) + noteMark(notes.ofResult()), ...faint(provenanceLine(result)), ''];
  const isMany = networksOf(result).length > mostBlocks;
  // Of many networks one table per number; all the rest is in the report.
  const grids = isMany ? gridsBy(cubeOf(result, ofMany(result), false), 'number', 'network') : [];
  const drawn = (grid: Grid): string[] => fitted(grid, columns).flatMap((part) => [drawGrid(part, columns, paint), '']);
  lines.push(...grids.flatMap(drawn));
  for (const { grid, without } of isMany ? [] : blocksOf(result)) {
    lines.push(...(grid.heads.length > 0 ? drawn(grid) : [paint.bold(grid.corner.text)]));
    if (without.length > 0) lines.push(paint.bad(`  without numbers, see below: ${without.join(', ')}`), '');
  }
  const legend = [`* ${bestMeaning}`, 'theory: round trips × the round trip asked for', readingOf(result)];
  lines.push(...faint(legend.join('; ')), '');
  for (const { heading, kind, items } of remarksOf(result, notes)) {
    const texts = items.flatMap(({ text, hint }) => [
      ...wrap(text, columns - 4, '   ').map((line) => `  ${line}`),
      ...(hint === undefined ? [] : wrap(`→ ${hint}`, columns - 7, '  ').map((line) => `     ${line}`)),
    ]);
    lines.push(paint[kind](heading), ...texts, '');
  }
  const explained = notes.explained();
  if (explained !== undefined) lines.push(...faint(explained), '');
  return [...lines, ...expectationLines(result, paint, columns)].join('\n').trimEnd();
}

/** What is shown of many networks, where it was measured; of several events the first. */
function ofMany({ cells }: Result): NumberName[] {
  const [window] = measuredEvents(cells);
  const value = (metric: NumberName['metric']): NumberName => ({ metric, statistic: 'value' });
  return [
    { metric: 'connect.connack', statistic: 'p50' },
    { metric: 'connect.connack', statistic: 'p95' },
    { metric: 'publish.ack', statistic: 'p50' },
    { metric: 'publish.ack', statistic: 'p99' },
    { metric: 'reconnect.retry', statistic: 'p50', window },
    value('wire.message.up'),
    value('wire.message.down'),
    value('broker.message.cpu'),
    value('machine.message.cpu'),
    value('messages.missing'),
  ];
}

function expectationLines({ expectations }: Result, paint: Paint, columns: number): string[] {
  if (expectations.length === 0) return [];
  const lines = expectations.flatMap(({ text, outcome, found }) => {
    const colour = outcome === 'held' ? paint.good : outcome === 'unsupported' ? paint.warn : paint.bad;
    const [first = '', ...rest] = wrap(`${outcomeMarks[outcome]}: ${text}`, columns - 2, '    ');
    return [
      `  ${first.replace(outcomeMarks[outcome], colour(outcomeMarks[outcome]))}`,
      ...rest.map((line) => `  ${line}`),
      ...wrap(found, columns - 6).map((line) => `      ${line}`),
    ];
  });
  return [paint.bold('Expectations'), ...lines, ''];
}
