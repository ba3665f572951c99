import { type MqbenchError, messageOf, usageError } from '../errors.js';

const usage = (message: string, hint?: string): MqbenchError => usageError('MQB_USAGE', message, hint);

/**
 * JSON of a file, as far as it means one thing only: of a name that comes twice in an object the last would count, and a
 * number with more digits than a double has would be another one, both without a word.
 * @throws MQB_USAGE naming the file and the line
 */
export function parseJson(file: string, text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw usage(`${file}: ${messageOf(error)}`);
  }
  checkMeaning(file, text);
  return parsed;
}

/** Names, other strings, numbers, and the brackets; commas, words and spaces are between them. */
const tokens = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|(-?\d[\d.eE+-]*)|[{}[\]]/gs;

/** @param text valid JSON */
function checkMeaning(file: string, text: string): void {
  /** Of each bracket that is open: the names so far. */
  const open: Set<string>[] = [];
  for (const { 0: token, 1: string, 2: colon, 3: number, index } of text.matchAll(tokens)) {
    const refuse = (says: string, hint: string): never => {
      throw usage(`${file}, line ${text.slice(0, index).split(/\r\n|\r|\n/).length}: ${says}`, hint);
    };
    if (number !== undefined) {
      // What is read has to be what is written: the same digits at the same place.
      if (number.length >= 400 || digitsOf(number) !== digitsOf(String(Number(number))))
        refuse(`no number of JSON keeps all digits of ${number.slice(0, 40)}`, 'write it as text, in quotes');
    } else if (string !== undefined) {
      const names = open.at(-1);
      if (colon === undefined || names === undefined) continue;
      const name = JSON.parse(string) as string;
      if (names.has(name)) refuse(`"${name}" comes twice in one object`, 'leave one of them out');
      names.add(name);
    } else if (token === '{' || token === '[') open.push(new Set());
    else open.pop();
  }
}

function digitsOf(number: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number);
  if (match === null) return undefined; // Infinity
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
