import { formatCount, formatDuration, formatSize } from '../base/units.js';
import type { ExpectUnit } from './expectation.js';

/** As everywhere else. */
const leastDigits = 3;
/** Digits of a double that say something. */
const mostDigits = 15;

/**
 * What was found and what was asked for, for a reader: three digits, and where these make two numbers alike that are not,
 * as many as tell them apart.
 */
export function shownApart(found: number, asked: number, unit: ExpectUnit): [found: string, asked: string] {
  const both = (digits?: number): [string, string] => [shown(found, unit, digits), shown(asked, unit, digits)];
  let texts = both();
  for (let digits = leastDigits + 1; texts[0] === texts[1] && found !== asked && digits <= mostDigits; digits++)
    texts = both(digits);
  return texts;
}

/** @param digits undefined: as everywhere else */
function shown(value: number, unit: ExpectUnit, digits?: number): string {
  const size = Math.abs(value);
  const exactly = (by: number): number => Number((size / by).toPrecision(digits ?? leastDigits));
  const sign = value < 0 ? '-' : '';
  if (unit === 'us') {
    const isPartOfSecond = size >= 60e6 && size % 1e6 !== 0;
    if (digits === undefined && !isPartOfSecond) return sign + formatDuration(size);
    return sign + (size >= 1e6 ? `${exactly(1e6)} s` : `${exactly(1e3)} ms`);
  }
  if (unit === 'bytes') {
    const isPartOfByte = size < 1e3 && !Number.isInteger(size);
    return sign + (digits === undefined && !isPartOfByte ? formatSize(size) : `${exactly(1)} B`);
  }
  if (digits === undefined && Number.isInteger(value)) return formatCount(value);
  // Beside a whole number, which is shown in full, hundreds rounded to three digits would look like less or more than it.
  const wholeDigits = String(Math.trunc(size)).length;
  return (
    sign + String(Number(size.toPrecision(Math.max(digits ?? leastDigits, Math.min(mostDigits, wholeDigits + 1)))))
  );
}
