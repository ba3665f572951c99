import { messageOf } from '../base/errors.js';
import { shortened } from '../base/text/shortened.js';
import { parseDuration, parseShare, parseSize } from '../base/units.js';
import {
  type Comparison,
  comparisons,
  type Expectation,
  ExpectationMistake,
  type ExpectUnit,
  type Expression,
  type KnownNames,
  type Operator,
  references,
} from './expectation.js';
import { parseReference } from './names.js';

/**
 * Parses one expectation.
 *
 *     expectation := sum ('<' | '<=' | '>' | '>=' | '==' | '!=') sum
 *     sum         := product (('+' | '-') product)*
 *     product     := operand (('*' | '/') operand)*
 *     operand     := number [unit] | 'rtt' | reference | '(' sum ')'
 *     reference   := [cell '.'] [window '.'] metric ['.' statistic]
 *     cell        := arm ['@' network] ['#' repeat]      with '*' in names
 *
 * @throws ExpectationMistake with the column
 */
export function parseExpectation(text: string, known?: KnownNames): Expectation {
  if (text.length > mostCharacters)
    throw new ExpectationMistake(`has ${text.length} characters; at most ${mostCharacters} are taken`, 1);
  const parser = new Parser(text, known);
  const left = parser.sum();
  const comparison = parser.comparison();
  const right = parser.sum();
  parser.end();
  const expectation = { text, left, comparison, right };
  if (references(expectation).length === 0)
    throw new ExpectationMistake('compares two numbers and nothing measured', 1);
  const [ofLeft, ofRight] = [unitOf(left), unitOf(right)];
  if (ofLeft !== ofRight)
    throw new ExpectationMistake(`compares ${unitWords[ofLeft]} with ${unitWords[ofRight]}`, parser.comparisonColumn);
  return expectation;
}

/** What is longer than this is not read by anybody. */
const mostCharacters = 1_000;
/** Of one name or number. */
const mostOfWord = 200;
const mostBrackets = 50;

const unitWords: Record<ExpectUnit, string> = { us: 'a duration', bytes: 'a size', plain: 'a number without unit' };

class Parser {
  private offset = 0;
  private depth = 0;
  comparisonColumn = 1;

  constructor(
    private readonly text: string,
    private readonly known: KnownNames | undefined,
  ) {}

  sum(): Expression {
    return this.chain(['+', '-'], () => this.chain(['*', '/'], () => this.operand()));
  }

  private chain(operators: readonly Operator[], next: () => Expression): Expression {
    let left = next();
    for (;;) {
      this.skipSpace();
      const operator = operators.find((candidate) => this.text[this.offset] === candidate);
      if (!operator) return left;
      this.offset++;
      left = { type: 'operation', operator, left, right: next() };
    }
  }

  comparison(): Comparison {
    this.skipSpace();
    this.comparisonColumn = this.offset + 1;
    const found = comparisons.find((candidate) => this.text.startsWith(candidate, this.offset));
    if (!found) throw this.mistake(`expected one of ${comparisons.join(' ')}, found ${this.here()}`);
    this.offset += found.length;
    return found;
  }

  end(): void {
    this.skipSpace();
    if (this.offset < this.text.length) throw this.mistake(`unexpected ${this.here()}`);
  }

  private operand(): Expression {
    this.skipSpace();
    if (this.text[this.offset] === '(') {
      if (++this.depth > mostBrackets) throw this.mistake(`more than ${mostBrackets} brackets in each other`);
      this.offset++;
      const inner = this.sum();
      this.depth--;
      this.skipSpace();
      if (this.text[this.offset] !== ')') throw this.mistake(`expected ")", found ${this.here()}`);
      this.offset++;
      return inner;
    }
    const number = /^\d+(?:\.\d+)?\s?(?:[a-zA-Z]+|%)?/.exec(this.text.slice(this.offset));
    if (number) return this.number(this.short(number[0]));
    const name = /^[A-Za-z_*@#][A-Za-z0-9_*@#%.+-]*/.exec(this.text.slice(this.offset));
    if (!name) throw this.mistake(`expected a number or a metric, found ${this.here()}`);
    const column = this.offset + 1;
    this.offset += this.short(name[0]).length;
    return name[0] === 'rtt' ? { type: 'rtt' } : parseReference(name[0], column, this.known);
  }

  /** @throws ExpectationMistake for a word that nobody reads */
  private short(word: string): string {
    const { length } = word.trimEnd();
    if (length > mostOfWord) throw this.mistake(`"${shortened(word)}" has ${length} characters`);
    return word;
  }

  private number(text: string): Expression {
    const bare = Number(text);
    try {
      if (Number.isFinite(bare)) return { type: 'number', value: bare, unit: 'plain' };
      if (text.endsWith('%')) return { type: 'number', value: parseShare(text), unit: 'plain' };
      if (/b$/i.test(text)) return { type: 'number', value: parseSize(text), unit: 'bytes' };
      return { type: 'number', value: parseDuration(text), unit: 'us' };
    } catch (error) {
      throw this.mistake(messageOf(error));
    } finally {
      this.offset += text.length;
    }
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.offset] ?? '')) this.offset++;
  }

  private here(): string {
    return this.offset >= this.text.length
      ? 'the end'
      : `"${shortened(this.text.slice(this.offset).split(/\s/)[0] as string)}"`;
  }

  private mistake(message: string): ExpectationMistake {
    return new ExpectationMistake(message, this.offset + 1);
  }
}

/** The unit of an expression; a factor has none, and like units divide to none. */
export function unitOf(expression: Expression): ExpectUnit {
  if (expression.type === 'rtt') return 'us';
  if (expression.type !== 'operation') return expression.unit;
  const left = unitOf(expression.left);
  const right = unitOf(expression.right);
  const fail = (): never => {
    throw new ExpectationMistake(`"${expression.operator}" joins ${unitWords[left]} and ${unitWords[right]}`, 1);
  };
  if (expression.operator === '*') return left === 'plain' ? right : right === 'plain' ? left : fail();
  if (expression.operator === '/') return left === right ? 'plain' : right === 'plain' ? left : fail();
  return left === right ? left : fail();
}
