import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import * as power from '../../../scripts/docs/power.mjs';
import { Random } from '../../../src/base/numbers/random.js';
import { compareResults } from '../../../src/compare/compare.js';
import { bootstrapDifference } from '../../../src/compare/stats/bootstrap.js';
import type { Comparison } from '../../../src/compare/types.js';
import type { Result } from '../../../src/result/types.js';
import { armModels, type BuildOptions, normal } from '../../helpers/result-builder.js';
import { inRounds, repeated, withFailures, withTrouble } from '../../helpers/simulated-gates.js';

/** The gates of the two commands, each with ten runs a side. */
const gates = {
  ab: { side: inRounds, rounds: true },
  compare: { side: repeated, rounds: false },
} as const;
type Gate = keyof typeof gates;

const arms = [armModels.tcp, armModels.quic];

/** Two sides with seeds of their own, so never the same numbers. */
function outcome(gate: Gate, i: number, { runs = 10, build = {}, change = (results: Result[]) => results }: Sides) {
  const { side, rounds } = gates[gate];
  const of = (which: 0 | 1) => change(side(runs, 2 * i + which, { arms, ...build }), which);
  return compareResults(of(0), of(1), { rounds, resamples: 2, force: true }).outcome;
}
interface Sides {
  readonly runs?: number;
  readonly build?: BuildOptions;
  /** What is done to the results of the base (0) and of the head (1). */
  readonly change?: (results: Result[], side: 0 | 1) => Result[];
}

function count(times: number, one: (i: number) => Comparison['outcome'], wanted: Comparison['outcome']): number {
  return Array.from({ length: times }, (_, i) => one(i)).filter((found) => found === wanted).length;
}

/** At most 5 % of so many gates, and what chance may add to that in 1 of 20 such simulations. */
const fivePercent = (times: number): number => 0.05 * times + 1.65 * Math.sqrt(0.05 * 0.95 * times);

describe.each(['ab', 'compare'] as const)('a gate of mqbench %s', (gate) => {
  it('raises a false alarm in at most 5 % of 1,000 comparisons of a build with itself, trouble in 2, 5 or 10 % of the repeats included', () => {
    const trouble = [0.02, 0.05, 0.1];
    const alarms = count(
      1000,
      (i) =>
        outcome(gate, i, { change: (results, side) => withTrouble(results, trouble[i % 3] as number, 2 * i + side) }),
      'regression',
    );
    expect(alarms).toBeLessThanOrEqual(fivePercent(1000));
  }, 120_000);

  it('keeps that promise when the machine is so noisy that the margin does not help', () => {
    const alarms = count(200, (i) => outcome(gate, 10_000 + i, { build: { noise: 0.3 } }), 'regression');
    expect(alarms).toBeLessThanOrEqual(fivePercent(200));
  }, 60_000);

  it('never raises one with 3 repeats, which cannot show anything', () => {
    expect(count(50, (i) => outcome(gate, 20_000 + i, { runs: 3, build: { noise: 0.3 } }), 'regression')).toBe(0);
  }, 60_000);

  it('does not call a sure difference of 2 % a regression: it is within the margin', () => {
    const { side, rounds } = gates[gate];
    const alarms = count(
      50,
      (i) => {
        const of = (seed: number, slower: number) => side(10, 30_000 + seed, { arms, noise: 0.002, slower });
        return compareResults(of(2 * i, 1), of(2 * i + 1, 1.02), { rounds, resamples: 2, force: true }).outcome;
      },
      'regression',
    );
    expect(alarms).toBe(0);
  }, 60_000);

  it('never passes a head that fails in one round of ten, whichever it is', () => {
    const failing = (results: Result[], side: number, i: number) => {
      let round = 0;
      if (side === 0) return results;
      return withFailures(results, (cell) => cell.arm === 'quic' && round++ === i % 10);
    };
    const passed = count(
      50,
      (i) => outcome(gate, 40_000 + i, { change: (results, side) => failing(results, side, i) }),
      'no-regression',
    );
    expect(passed).toBe(0);
  }, 60_000);

  it('finds one number of 100 that became 20 % slower in at least 95 % of gates whose repeats vary by 5 %', () => {
    const method = gate === 'ab' ? 'rounds' : 'ranks';
    const { found, falseAlarms } = power.simulate({ method, rounds: 10, vary: 0.05, numbers: 100, slower: 0.2 }, 400);
    expect(found).toBeGreaterThanOrEqual(0.95 * 400);
    expect(falseAlarms).toBeLessThanOrEqual(fivePercent(400));
  }, 60_000);
});

describe('the table of powers in docs/ci.md', () => {
  const page = readFileSync(new URL('../../../docs/ci.md', import.meta.url), 'utf8');
  const table =
    page.split('<!-- powers, by scripts/docs/power.mjs -->\n')[1]?.split('\n<!-- end of powers -->')[0] ?? '';

  it('has every row that the script makes', () => {
    expect(table.split('\n')).toHaveLength(2 + power.kinds.length);
  });

  // The rows of 100 numbers take the script some seconds each; the others notice a table of another day.
  const quick = (power.kinds as { numbers: number }[]).filter(({ numbers }) => numbers === 10);
  it.each(quick)(
    'is what the script makes of $vary, $numbers numbers (else: npm run build && node scripts/docs/power.mjs)',
    (kind) => {
      expect(table).toContain(power.powerRow(kind));
    },
    60_000,
  );
});

describe('bootstrap interval', () => {
  it.each([3, 5, 10])(
    'covers the true shift in about 95 of 100 cases with %i repeats',
    (repeats) => {
      const random = new Random(repeats);
      let covered = 0;
      const times = 400;
      for (let i = 0; i < times; i++) {
        const base = Array.from({ length: repeats }, () => 100 + 5 * normal(random));
        const head = Array.from({ length: repeats }, () => 120 + 5 * normal(random));
        const shift = bootstrapDifference(base, head, random, 300)?.shift;
        if (shift && shift.low <= 20 && 20 <= shift.high) covered++;
      }
      // Three standard deviations of 400 draws are 3.3 %; with 3 repeats the bootstrap knows only 27 draws.
      expect(covered / times).toBeGreaterThanOrEqual(repeats === 3 ? 0.86 : 0.91);
    },
    60_000,
  );

  it('is the same for the same seed', () => {
    const once = () => bootstrapDifference([1, 2, 3, 4], [2, 3, 4, 9], new Random(5));
    expect(once()).toEqual(once());
  });
});
