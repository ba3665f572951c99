import { printableValue } from '../../base/text/printable.js';
import type { NamedResult } from '../words/named-result.js';

/**
 * What is coloured is drawn as it is, and a result holds text of others: nothing in it commands a terminal. The lines of an error, which
 * quotes what a broker has logged, become one.
 */
export function printableResult(given: NamedResult): NamedResult {
  const cells = given.cells.map((cell) =>
    cell.error === undefined ? cell : { ...cell, error: { ...cell.error, message: inOneLine(cell.error.message) } },
  );
  return printableValue({ ...given, cells });
}

/** `log:` with two lines behind it becomes `log: one | two`. */
const inOneLine = (text: string): string => text.replace(/:\s*\n\s*/g, ': ').replace(/\s*\n\s*/g, ' | ');
