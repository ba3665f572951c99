import { breachesOf } from '../../result/breaches.js';
import type { Cell, Doubt, ExpectationOutcome, LedgerRow, Result } from '../../result/types.js';
import { headline } from '../headline/headline.js';
import { marksOf } from '../rows/marks.js';
import { unequalHeading } from '../words/doubts.js';
import { type NamedResult, scenarioOf } from '../words/named-result.js';
import { type JunitCase, junitXml } from './xml.js';

/** junit.xml of results: a case per cell, per QoS promise and per expectation. No data is a failure, never a pass. */
export function resultJunit(results: readonly NamedResult[]): string {
  return junitXml(
    results.map((result) => ({
      name: scenarioOf(result),
      timestamp: result.startedAt,
      output: said(result),
      cases: [
        ...result.cells.flatMap((cell) => [
          cellCase(cell),
          ...successCase(cell),
          ...cell.ledger.map((row) => ledgerCase(cell, row)),
        ]),
        ...notRun(result),
        ...result.expectations.map((expectation) => expectationCase(result, expectation)),
      ],
    })),
  );
}

function cellCase(cell: Cell): JunitCase {
  const said = cell.error ? `${cell.error.code}: ${cell.error.message}` : cell.status;
  return {
    classname: cell.arm,
    name: `${cell.id} ran to its end`,
    seconds: cell.durationMicros / 1e6,
    error: cell.status === 'failed' || cell.status === 'interrupted' ? said : undefined,
    skipped: cell.status === 'unsupported' ? said : undefined,
    output: doubtLines(cell.doubts),
  };
}

/** Only where it fails: what is no error of the run (a broken protocol, lost clients, silence) would pass for fine otherwise. */
function successCase(cell: Cell): JunitCase[] {
  const breaches = cell.status === 'finished' ? breachesOf(cell) : [];
  if (breaches.length === 0) return [];
  return [{ classname: cell.arm, name: `${cell.id} is a success`, failure: breaches.join('; ') }];
}

/** What the result says in words, and the doubts that its marks mean, as every output has them. */
function said(result: Result): string {
  const { notes } = marksOf(result);
  return [...headline(result), ...notes.lines(), ...notes.unequal.map((text) => `${unequalHeading}: ${text}`)].join(
    '\n',
  );
}

/** Each doubt with the numbers that it spoils. */
function doubtLines(doubts: readonly Doubt[]): string | undefined {
  if (doubts.length === 0) return undefined;
  return doubts
    .map(({ code, metric, statistics, window, phase, message }) => {
      const which = [metric, statistics?.join(', '), window && `in ${window}`, phase && 'while connecting'];
      const about = which.filter((part) => part !== undefined).join(' ');
      return `doubt ${code}${about === '' ? '' : ` (${about})`}: ${message}`;
    })
    .join('\n');
}

function ledgerCase(cell: Cell, row: LedgerRow): JunitCase {
  const counts = `sent ${row.sent}, received ${row.received}, missing ${row.missing}, duplicate ${row.duplicate}, out of order ${row.disordered}`;
  return {
    classname: cell.arm,
    name: `${cell.id} kept the promise of QoS ${row.qos}`,
    failure:
      row.verdict === 'broken'
        ? counts
        : row.verdict === 'no-data'
          ? 'no message was seen, so nothing is known'
          : row.verdict === 'not-settled'
            ? `not settled when measuring stopped: ${counts}`
            : undefined,
  };
}

function notRun(result: Result): JunitCase[] {
  const done = new Set(result.cells.map((cell) => cell.id));
  return result.planned
    .filter((id) => !done.has(id))
    .map((id) => ({
      classname: id.split('@')[0] as string,
      name: `${id} ran to its end`,
      error: 'planned, but not run',
    }));
}

function expectationCase(result: Result, { text, outcome, found }: ExpectationOutcome): JunitCase {
  const failure = outcome === 'missed' ? `found ${found}` : outcome === 'no-data' ? `no data: ${found}` : undefined;
  const skipped = outcome === 'unsupported' ? found : undefined;
  return { classname: result.scenario.name, name: `expect ${text}`, failure, skipped };
}
