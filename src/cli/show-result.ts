import { renderDifferences } from '../report/rows/differences.js';
import { renderScreen } from '../report/terminal/screen.js';
import { renderTable } from '../report/terminal/table.js';
import type { NamedResult } from '../report/words/named-result.js';
import { draw, type Environment } from './environment.js';

export interface Showing {
  /** false: never; else where a terminal shows it. */
  readonly colour?: boolean | undefined;
  /** Everything, however long. */
  readonly full?: boolean | undefined;
  /** Lines that the caller prints below it. */
  readonly below?: number;
}

/** A terminal has at least so many lines where people measure. */
const screenLines = 40;

/** The result as at the end of its run: on one screen, or all of it. */
export function showResult(env: Environment, result: NamedResult, { colour, full, below = 0 }: Showing = {}): void {
  const coloured = colour !== false && env.stdout.isTTY && env.variables.NO_COLOR === undefined;
  const options = { colour: coloured, columns: env.stdout.columns };
  if (!full) {
    draw(env.stdout, `\n${renderScreen(result, { ...options, lines: screenLines - 1 - below })}\n`);
    return;
  }
  draw(env.stdout, `\n${renderTable(result, options)}\n`);
  const differences = renderDifferences(result);
  if (differences !== '') env.stdout.write(`\n${differences}\n`);
}
