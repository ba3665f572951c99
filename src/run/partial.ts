import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import type { LoadReport } from '../load/contract.js';
import type { Cell } from '../result/types.js';

// Cells that did not come to their end: they keep what was measured until then, and say so.

/** Why a cell ended before its time, as it stands in a result. */
export function cellError(thrown: unknown): NonNullable<Cell['error']> {
  const hint = thrown instanceof MqbenchError ? thrown.hint : undefined;
  return { code: codeOf(thrown), message: messageOf(thrown), hint };
}

/**
 * A report of a load that was broken off, without what only a whole one can say: whether a promise was kept, and whether
 * there were samples enough.
 */
export function partialReport(report: LoadReport): LoadReport {
  return {
    ...report,
    ledger: report.ledger.map((row) => ({ ...row, verdict: 'no-data' })),
    doubts: report.doubts.filter(({ code }) => code !== 'few-samples' && code !== 'rate-missed'),
  };
}
