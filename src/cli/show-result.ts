import { renderDifferences } from '../report/rows/differences.js';
import { renderTable } from '../report/terminal/table.js';
import type { NamedResult } from '../report/words/named-result.js';
import { draw, type Environment } from './environment.js';

/** The result on the screen, as at the end of its run. @param colour false: never; else where a terminal shows it */
export function showResult(env: Environment, result: NamedResult, colour?: boolean): void {
  const coloured = colour !== false && env.stdout.isTTY && env.variables.NO_COLOR === undefined;
  draw(env.stdout, `\n${renderTable(result, { colour: coloured, columns: env.stdout.columns })}\n`);
  const differences = renderDifferences(result);
  if (differences !== '') env.stdout.write(`\n${differences}\n`);
}
