import { breachesOf } from '../../result/breaches.js';
import type { Cell, Doubt, LedgerRow, Result } from '../../result/types.js';
import { headline } from '../headline/headline.js';
import { cubeOf, gridsBy } from '../rows/cube.js';
import { marksOf, valueText } from '../rows/marks.js';
import { pointOf } from '../rows/point.js';
import { unequalHeading } from '../words/doubts.js';
import { type NamedResult, scenarioOf } from '../words/named-result.js';
import { reasonsIn, reasonText } from '../words/reasons.js';
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
        ...expectationCases(result),
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
    output: linesOf([
      ...cell.doubts.map(doubtLine),
      ...reasonsIn(cell).map(([name, count]) => `the broker gave a reason: ${reasonText(name, count)}`),
    ]),
  };
}

const linesOf = (lines: readonly string[]): string | undefined => (lines.length === 0 ? undefined : lines.join('\n'));

/** Only where it fails: what is no error of the run (a broken protocol, lost clients, silence) would pass for fine otherwise. */
function successCase(cell: Cell): JunitCase[] {
  const breaches = cell.status === 'finished' ? breachesOf(cell) : [];
  if (breaches.length === 0) return [];
  return [{ classname: cell.arm, name: `${cell.id} is a success`, failure: breaches.join('; ') }];
}

/** What the result says in words, the rows that are its point, and the doubts that its marks mean, as every output has them. */
function said(result: Result): string {
  const { notes } = marksOf(result);
  const rows = gridsBy(cubeOf(result, pointOf(result), false), 'number', 'network').flatMap(({ corner, heads, rows }) =>
    rows.map(({ head, values }) => {
      const texts = values.map((value, i) => `${heads[i]?.text} ${valueText(value)}`);
      return `${corner.text}, ${head.text}: ${texts.join(', ')}`;
    }),
  );
  const unequal = notes.unequal.map((text) => `${unequalHeading}: ${text}`);
  return [...headline(result), ...rows, ...notes.lines(), ...unequal].join('\n');
}

/** A doubt with the numbers that it spoils. */
function doubtLine({ code, metric, statistics, window, fleet, phase, message }: Doubt): string {
  const place = [window && `in ${window}`, fleet && `of ${fleet}`];
  const which = [metric, statistics?.join(', '), ...place, phase && 'while connecting'];
  const about = which.filter((part) => part !== undefined).join(' ');
  return `doubt ${code}${about === '' ? '' : ` (${about})`}: ${message}`;
}

function ledgerCase(cell: Cell, row: LedgerRow): JunitCase {
  const counts = `sent ${row.sent}, received ${row.received}, missing ${row.missing}, duplicate ${row.duplicate}, out of order ${row.disordered}`;
  const failures: Partial<Record<LedgerRow['verdict'], string>> = {
    broken: counts,
    'no-data': 'no message was seen, so nothing is known',
    'not-settled': `not settled when measuring stopped: ${counts}`,
  };
  return { classname: cell.arm, name: `${cell.id} kept the promise of QoS ${row.qos}`, failure: failures[row.verdict] };
}

function notRun({ cells, planned }: Result): JunitCase[] {
  const done = new Set(cells.map(({ id }) => id));
  return planned
    .filter((id) => !done.has(id))
    .map((id) => ({
      classname: id.split('@')[0] as string,
      name: `${id} ran to its end`,
      error: 'planned, but not run',
    }));
}

const expectationCases = ({ scenario, expectations }: Result): JunitCase[] =>
  expectations.map(({ text, outcome, found }) => ({
    classname: scenario.name,
    name: `expect ${text}`,
    failure: outcome === 'missed' ? `found ${found}` : outcome === 'no-data' ? `no data: ${found}` : undefined,
    skipped: outcome === 'unsupported' ? found : undefined,
  }));
