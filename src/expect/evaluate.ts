import { matches } from '../base/text/match.js';
import type { Cell, ExpectationOutcome, Result } from '../result/types.js';
import { boundMark, holds, type Known, operate } from './bounds.js';
import { type Bound, hasFleet, hasScope, isLowerBound, measuredValue } from './cells.js';
import { doubtsAbout, doubtWords } from './doubts.js';
import {
  type Comparison,
  type Expectation,
  type ExpectUnit,
  type Expression,
  type Reference,
  references,
} from './expectation.js';
import { parseExpectation, unitOf } from './parse.js';
import { scopeName } from './scopes.js';
import { shownApart } from './shown.js';

/** What expectations are judged over. */
type Measured = Pick<Result, 'cells'>;

/**
 * Judges every expectation over a result. An expectation speaks about every cell
 * that its first name means, and must hold in each; what it leaves out of further
 * names is taken from that cell, so `quic.X < tls.X` compares on each network and
 * in each repeat. No data is not success.
 * @throws ExpectationMistake for a text that does not parse (read.ts has refused those before)
 */
export function evaluateExpectations(texts: readonly string[], result: Measured): ExpectationOutcome[] {
  return texts.map((text) => evaluate(parseExpectation(text), result));
}

interface Judgement {
  readonly where: string;
  readonly kind: ExpectationOutcome['outcome'];
  readonly left: Known;
  readonly right: Known;
  readonly reason: string;
  /** Codes of the doubts about what was compared. */
  readonly doubts: readonly string[];
}

function evaluate(written: Expectation, result: Measured): ExpectationOutcome {
  const expectation = settleWindows(written, result);
  const [subject] = references(expectation);
  const judgements = result.cells
    .filter((cell) => subject && fits(subject, cell))
    .flatMap((cell) => judgeCell(expectation, cell, result));
  return { text: written.text, ...summarise(judgements, expectation.comparison, unitOf(expectation.left)) };
}

/**
 * `after.publish.ack.p99` may mean a window, an event, a fleet or an arm: it is the arm if the result has one of that name.
 * `rebind#2` is the second repeat of an arm, or the second event. Of `sensors.after.…` the first is an arm or a fleet, and of
 * `tcp.sensors.…` the second a window or a fleet.
 */
function settleWindows(expectation: Expectation, result: Measured): Expectation {
  const settle = (expression: Expression): Expression => {
    if (expression.type === 'operation') {
      return { ...expression, left: settle(expression.left), right: settle(expression.right) };
    }
    if (expression.type !== 'reference') return expression;
    return expression.where.kind === 'part' || expression.fleet !== undefined
      ? expression
      : settled(expression, result);
  };
  return { ...expectation, left: settle(expectation.left), right: settle(expectation.right) };
}

function settled(reference: Reference, { cells: all }: Measured): Reference {
  const { cells, window } = reference;
  const { arm, network, repeat } = cells;
  const isFleet = (name: string | undefined): name is string => all.some((cell) => hasFleet(cell, name ?? ''));
  const isWindow = (name: string | undefined): boolean => all.some((cell) => hasScope(cell, name ?? ''));
  const mayBeElse = arm !== undefined && network === undefined && !all.some((cell) => matches(arm, cell.arm));
  if (mayBeElse && repeat === undefined && isFleet(arm)) return { ...reference, cells: {}, fleet: arm };
  if (window !== undefined)
    return !isWindow(window) && isFleet(window) ? { ...reference, fleet: window, window: undefined } : reference;
  if (!mayBeElse) return reference;
  const scope = scopeName(repeat === undefined ? arm : `${arm}#${repeat}`);
  return isWindow(scope) ? { ...reference, cells: {}, window: scope } : reference;
}

/** Which of a run's cells a cell is. */
type Identity = Pick<Cell, 'arm' | 'repeat'> & { readonly network: Pick<Cell['network'], 'name'> };

/** Whether everything an expectation names is among these cells. */
export function bindsIn(expectation: Expectation, cells: readonly Identity[]): boolean {
  const [subject, ...others] = references(expectation);
  const subjects = cells.filter((cell) => subject && fits(subject, cell));
  return (
    subjects.length > 0 &&
    subjects.every((cell) => others.every((other) => cells.some((one) => fits(other, one, cell))))
  );
}

/** Whether a name means a cell. @param context the cell that the expectation speaks about */
function fits(reference: Reference, cell: Identity, context?: Identity): boolean {
  const arm = reference.cells.arm ?? context?.arm ?? '*';
  const network = reference.cells.network ?? context?.network.name ?? '*';
  const repeat = reference.cells.repeat ?? context?.repeat;
  return (
    matches(arm, cell.arm) && matches(network, cell.network.name) && (repeat === undefined || repeat === cell.repeat)
  );
}

/** One judgement per combination of cells that the other names mean, seen from this cell. */
function judgeCell(expectation: Expectation, cell: Cell, result: Measured): Judgement[] {
  const [subject, ...others] = references(expectation);
  let combinations: Map<Reference, Cell>[] = [new Map([[subject as Reference, cell]])];
  for (const other of others) {
    const meant = result.cells.filter((candidate) => fits(other, candidate, cell));
    if (meant.length === 0) return [noData(cell.id, `nothing fits "${other.text}"`)];
    combinations = combinations.flatMap((bound) => meant.map((one) => new Map([...bound, [other, one]])));
  }
  return combinations.map((bound) => judge(expectation, cell, bound));
}

function judge(expectation: Expectation, cell: Cell, cells: ReadonlyMap<Reference, Cell>): Judgement {
  const named = [...new Set([...cells.values()].map((one) => one.id))].join(' and ');
  for (const one of cells.values()) {
    if (one.status === 'finished') continue;
    const reason = `${one.id} ${one.status === 'unsupported' ? 'is unsupported here' : `has ${one.status}`}`;
    return { ...noData(named, reason), kind: one.status === 'unsupported' ? 'unsupported' : 'no-data' };
  }
  const bound: Bound = { cells, rttMicros: cell.network.rttMicros };
  const left = compute(expectation.left, bound);
  const right = compute(expectation.right, bound);
  if (typeof left === 'string') return noData(named, `${left} was not measured in ${named}`);
  if (typeof right === 'string') return noData(named, `${right} was not measured in ${named}`);
  const kind = holds(left, expectation.comparison, right) ? 'held' : 'missed';
  const doubts = [...cells].flatMap(([reference, one]) => doubtsAbout(reference, one));
  return { where: named, kind, left, right, reason: '', doubts };
}

const noData = (where: string, reason: string): Judgement => ({
  where,
  kind: 'no-data',
  left: { value: Number.NaN },
  right: { value: Number.NaN },
  reason,
  doubts: [],
});

/** The value, or the name of what is missing for it. */
function compute(expression: Expression, bound: Bound): Known | string {
  switch (expression.type) {
    case 'number':
      return { value: expression.value };
    case 'rtt':
      return { value: bound.rttMicros };
    case 'reference': {
      const cell = bound.cells.get(expression) as Cell;
      const value = measuredValue(expression, cell);
      if (value === undefined || Number.isNaN(value)) return expression.text;
      return { value, mayBeMore: isLowerBound(expression, cell) };
    }
    default: {
      const left = compute(expression.left, bound);
      const right = compute(expression.right, bound);
      if (typeof left === 'string') return left;
      if (typeof right === 'string') return right;
      const value = operate(left, expression.operator, right);
      // Nothing is a share of nothing: Infinity would hold every ">".
      return Number.isFinite(value.value) ? value : 'a share of 0';
    }
  }
}

function summarise(
  judgements: readonly Judgement[],
  comparison: Comparison,
  unit: ExpectUnit,
): Omit<ExpectationOutcome, 'text'> {
  const of = (kind: Judgement['kind']): Judgement[] => judgements.filter((one) => one.kind === kind);
  const asked = ({ left, right }: Judgement): string => {
    const [found, limit] = shownApart(left.value, right.value, unit);
    return `${boundMark(left)}${found}, asked ${comparison} ${boundMark(right)}${limit}`;
  };
  const values = (one: Judgement): string => `${one.where}: ${asked(one)}`;
  /** Where every cell has the number that was asked for, none is closer to it than the others. */
  const allHeld = (held: readonly Judgement[], closest: Judgement): string => {
    const alike = new Set(held.map(asked)).size === 1;
    const where = `in all ${held.length} cells`;
    return alike
      ? `${where}: ${asked(closest)}`
      : `${where}; ${closest.where} is closest to the limit: ${asked(closest)}`;
  };
  const reasons = (list: readonly Judgement[]): string => [...new Set(list.map((one) => one.reason))].join('; ');
  if (judgements.length === 0) return { outcome: 'no-data', found: 'no cell fits' };
  if (of('missed').length > 0) return { outcome: 'missed', found: of('missed').map(values).join('; ') };
  if (of('no-data').length > 0) return { outcome: 'no-data', found: reasons(of('no-data')) };
  const held = of('held');
  const aside = of('unsupported').length > 0 ? `; ${reasons(of('unsupported'))}` : '';
  if (held.length === 0) return { outcome: 'unsupported', found: reasons(of('unsupported')) };
  const distance = ({ left, right }: Judgement): number =>
    Math.abs(left.value - right.value) / (Math.abs(right.value) || 1);
  const closest = [...held].sort((a, b) => distance(a) - distance(b))[0] as Judgement;
  const found = held.length === 1 ? values(closest) : allHeld(held, closest);
  return { outcome: 'held', found: `${found}${doubtWords(held.map((one) => one.doubts))}${aside}` };
}
