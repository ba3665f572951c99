import { isEventMetric } from '../metrics/registry.js';
import { isOfFleet } from '../result/doubts/of-fleet.js';
import type { DoubtCode } from '../result/doubts/table.js';
import type { Cell } from '../result/types.js';
import type { Reference } from './expectation.js';

/** Metrics of the time until the clients were connected; a doubt of that phase is about these. */
const ofConnecting = /^(connect\.|rate\.connect$|clients\.(connected|failed)$|wire\.connect\.|broker\.connect\.)/;

/** Codes of the doubts that concern the number a name stands for in a cell: those of its metric, and those of the whole cell. */
export function doubtsAbout({ where, window, fleet }: Reference, cell: Cell): DoubtCode[] {
  if (where.kind === 'part') return []; // counters and proofs, and the doubts themselves
  // What became of the clients is, without a name, that of the only event there is.
  const scope = window ?? (where.kind === 'value' && isEventMetric(where.metric) ? onlyEvent(cell) : undefined);
  const concerning = cell.doubts.filter(
    (doubt) =>
      (doubt.metric === undefined || doubt.metric === where.metric) &&
      (doubt.window === undefined || doubt.window === scope) &&
      isOfFleet(doubt, fleet) &&
      (doubt.statistics === undefined ||
        (where.kind === 'distribution' && doubt.statistics.some((spoilt) => spoilt === where.statistic))) &&
      (doubt.phase === undefined || ofConnecting.test(where.metric)),
  );
  return [...new Set(concerning.map(({ code }) => code))];
}

function onlyEvent({ events }: Cell): string | undefined {
  const [only, ...more] = events.filter(({ metrics }) => metrics);
  return more.length > 0 ? undefined : only?.name;
}

/** "; doubted: machine-bound, few-samples (2 of 6 cells)", from the doubts of each cell that held; empty without any. */
export function doubtWords(held: readonly (readonly string[])[]): string {
  const codes = [...new Set(held.flat())];
  if (codes.length === 0) return '';
  const texts = codes.map((code) => {
    const cells = held.filter((one) => one.includes(code)).length;
    return held.length > 1 ? `${code} (${cells} of ${held.length} cells)` : code;
  });
  return `; doubted: ${texts.join(', ')}`;
}
