import { describe, expect, it } from 'vitest';
import { type CompareOptions, compareArms, compareResults } from '../../../src/compare/compare.js';
import { judgedNumbers } from '../../../src/compare/judged.js';
import type { Comparison } from '../../../src/compare/types.js';
import type { Result, Search } from '../../../src/result/types.js';
import { armModels, buildResult } from '../../helpers/result-builder.js';
import { inRounds, repeated, withCells, withFailures } from '../../helpers/simulated-gates.js';
import { around } from '../report/made-up.js';

/** Few resamples: the verdicts are asked for, not the intervals' last digits. */
const compare = (base: readonly Result[], head: readonly Result[], options: CompareOptions = {}): Comparison =>
  compareResults(base, head, { resamples: 100, ...options });

const verdicts = (comparison: Comparison, verdict: string): string[] =>
  comparison.rows
    .filter((row) => row.verdict === verdict)
    .map(({ cell, metric, statistic }) => `${cell} ${metric} ${statistic}`);

describe.each([
  ['two groups of repeats', (seed: number) => repeated(10, seed, { rebind: false }), {}],
  ['ten rounds', (seed: number) => inRounds(10, seed, { rebind: false }), { rounds: true }],
] as const)('what only troubled repeats have, in %s', (_, side, options) => {
  /** The first `times` repeats in which QUIC ran had a client that reconnected. */
  const troubled = (results: readonly Result[], times: number): Result[] => {
    let left = times;
    return withCells(results, (cell) => {
      if (cell.arm !== 'quic' || left-- <= 0) return undefined;
      const reconnects = { 'reconnect.connack': around(3e6), 'reconnect.noticed': around(2e6) };
      return { ...cell, metrics: { ...cell.metrics, distributions: { ...cell.metrics.distributions, ...reconnects } } };
    });
  };

  it.each([1, 5, 10])('is not lost when the head has no trouble and the base had some in %i of 10', (times) => {
    const comparison = compare(troubled(side(1), times), side(2), options);
    expect(verdicts(comparison, 'lost')).toEqual([]);
    expect(comparison.outcome).toBe('no-regression');
  });

  it('is worse when nearly every repeat of the head has it and hardly one of the base', () => {
    const comparison = compare(troubled(side(1), 0), troubled(side(2), 9), options);
    expect(verdicts(comparison, 'worse')).toEqual(['quic@30ms reconnect.connack present']);
    expect(comparison.outcome).toBe('regression');
  });

  it('is not worse for one reconnect more or less, and is not taken for a cell that ran but once', () => {
    const comparison = compare(troubled(side(1), 1), troubled(side(2), 3), options);
    expect(comparison.outcome).toBe('no-regression');
    expect(comparison.limits.join('\n')).not.toMatch(/cannot show any change/);
  });

  it('is lost when every repeat of the base had a number that no trouble is needed for, and none of the head has', () => {
    const without = withCells(side(2), (cell) => {
      const { 'delivery.e2e': gone, ...distributions } = cell.metrics.distributions;
      return gone && cell.arm === 'tls' ? { ...cell, metrics: { ...cell.metrics, distributions } } : undefined;
    });
    const comparison = compare(side(1), without, options);
    expect(verdicts(comparison, 'lost')).toEqual(['tls@30ms delivery.e2e p50', 'tls@30ms delivery.e2e p95']);
    expect(comparison.outcome).toBe('regression');
  });
});

describe('a head that does not finish', () => {
  const oneQuic = (failing: number) => {
    let left = failing;
    return (results: readonly Result[]) => withFailures(results, (cell) => cell.arm === 'quic' && left-- > 0);
  };

  it.each([1, 9])('in %i of 10 rounds never passes, and it is said where and why', (failing) => {
    const comparison = compare(inRounds(10, 1), oneQuic(failing)(inRounds(10, 2)), { rounds: true });
    expect(comparison.outcome).toBe('head-failed');
    expect(comparison.head.unfinished).toEqual([
      {
        cell: 'quic@30ms',
        planned: 10,
        finished: 10 - failing,
        reasons: ['the broker process ended unexpectedly'],
      },
    ]);
  });

  it('never passes either when repeats were planned and not run', () => {
    const [whole] = repeated(10, 2) as [Result];
    const cut = { ...whole, status: 'interrupted' as const, cells: whole.cells.slice(0, -2) };
    const { outcome, head } = compare(repeated(10, 1), [cut]);
    expect(outcome).toBe('head-failed');
    expect(head.unfinished.map(({ planned, finished, reasons }) => [planned, finished, reasons])).toEqual([
      [10, 9, ['never ran']],
      [10, 9, ['never ran']],
    ]);
  });

  it('is not seen in results of load commands, whose only cell has its transport as id', () => {
    const loads = (seed: number): Result[] =>
      inRounds(10, seed).map((result) => {
        const cell = result.cells.find(({ arm }) => arm === 'tcp') as Result['cells'][number];
        return { ...result, planned: ['tcp'], cells: [{ ...cell, id: 'tcp' }] };
      });
    expect(compare(loads(1), loads(2))).toMatchObject({
      outcome: 'no-regression',
      base: { unfinished: [] },
      head: { unfinished: [] },
    });
  });

  it('has lost its numbers when no round is left', () => {
    const comparison = compare(inRounds(10, 1), oneQuic(10)(inRounds(10, 2)), { rounds: true });
    expect(comparison.outcome).toBe('regression');
    expect(verdicts(comparison, 'lost').length).toBeGreaterThan(5);
  });

  it('is not blamed for the failures of the base, nor for what this machine cannot run', () => {
    const failed = compare(oneQuic(3)(inRounds(10, 1)), inRounds(10, 2), { rounds: true });
    expect(failed).toMatchObject({ outcome: 'no-regression', base: { unfinished: [{ planned: 10, finished: 7 }] } });
    const impossible = (seed: number) =>
      withCells(repeated(10, seed), (cell) => (cell.arm === 'quic' ? { ...cell, status: 'unsupported' } : undefined));
    expect(compare(impossible(1), impossible(2))).toMatchObject({ outcome: 'no-regression' });
  });
});

describe('a capacity', () => {
  const grid = [1000, 1206, 1454, 1754, 2115, 2551, 3076, 3709, 4472, 5393, 6504];
  const search = (step: number): Search => ({
    arm: 'tls',
    network: '30ms',
    ratePerSecond: grid[step] as number,
    missedPerSecond: grid[step + 1] as number,
    probes: [],
  });
  const capable = (results: readonly Result[], step: number): Result[] =>
    withCells(results, (cell) => {
      const values = { ...cell.metrics.values, 'rate.capacity': grid[step] as number };
      return cell.arm === 'tls' ? { ...cell, metrics: { ...cell.metrics, values } } : undefined;
    }).map((result) => ({ ...result, searches: [search(step)] }));
  const row = (comparison: Comparison) => comparison.rows.find(({ metric }) => metric === 'rate.capacity');

  it('that was searched once counts once, however often the cells were repeated', () => {
    const comparison = compare(capable(repeated(10, 1), 9), capable(repeated(10, 2), 5));
    expect(row(comparison)).toMatchObject({ base: [5393], head: [2551], verdict: 'unclear' });
    expect(comparison.outcome).toBe('no-regression');
    const limits = comparison.limits.join('\n');
    expect(limits).toContain('tls@30ms rate.capacity was searched once on a side, which cannot show a change');
    expect(limits).not.toMatch(/^1 repeat/m);
  });

  it('one grid step lower in each of ten rounds may be the same, two steps are not', () => {
    const dropTo = (step: number) =>
      compare(capable(inRounds(10, 1), 9), capable(inRounds(10, 2), step), { rounds: true });
    expect(row(dropTo(8))?.verdict).not.toBe('worse');
    expect(dropTo(8).outcome).toBe('no-regression');
    expect(row(dropTo(7))).toMatchObject({ verdict: 'worse', base: { length: 10 } });
  });
});

describe('rounds', () => {
  /** A machine that is up to twice as slow in some rounds as in others, and the same for both sides of one. */
  const drifting = (seed: number, slower: number): Result[] =>
    inRounds(10, seed, { noise: 0.02, slower }).map((result, round) => {
      const pace = 1 + 0.1 * ((round * 7) % 10);
      return withCells([result], (cell) => {
        const slow = Object.entries(cell.metrics.distributions).map(([name, one]) => [
          name,
          { ...one, p50: one.p50 * pace, p95: one.p95 * pace },
        ]);
        return { ...cell, metrics: { ...cell.metrics, distributions: Object.fromEntries(slow) } };
      })[0] as Result;
    });

  it('show what two groups of repeats cannot, when the machine is not the same from round to round', () => {
    const [base, head] = [drifting(1, 1), drifting(2, 1.15)];
    expect(compare(base, head).outcome).toBe('no-regression');
    const paired = compare(base, head, { rounds: true });
    expect(paired).toMatchObject({ outcome: 'regression', method: 'rounds' });
    const found = paired.rows.find(({ metric, verdict }) => metric === 'publish.ack' && verdict === 'worse');
    expect(found?.difference?.relative?.estimate).toBeCloseTo(0.15, 1);
    expect(found?.difference?.relative?.low).toBeGreaterThan(0.05);
    expect(found?.difference?.relative?.high).toBeLessThan(0.25);
  });

  it('fewer than six are compared as two groups, since their swaps could never be rare enough', () => {
    expect(compare(inRounds(5, 1), inRounds(5, 2), { rounds: true }).method).toBe('ranks');
    const six = compare(inRounds(6, 1), inRounds(6, 2, { slower: 1.5, noise: 0.01 }), { rounds: true });
    expect(six).toMatchObject({ method: 'rounds', outcome: 'regression' });
  });
});

describe('arms of one result', () => {
  const many = Array.from({ length: 6 }, (_, i) => ({ ...armModels.tls, name: `tls-${i}` }));
  const result = buildResult({ repeats: 8, networks: [30], arms: [armModels.tcp, ...many], numbersOnly: true });

  it('share one correction over all that a reader is shown, pairs and windows included', () => {
    const names = many.map(({ name }) => name);
    const request = { only: ['connect.connack'] };
    const p = (rows: ReturnType<typeof compareArms>) =>
      rows.find(({ arm, metric, window }) => arm === 'tls-0' && metric === 'connect.connack' && window === undefined);
    const alone = p(compareArms(result, 'tcp', ['tls-0'], [request]));
    const together = p(compareArms(result, 'tcp', names, [request, { ...request, window: 'after' }]));
    expect(together?.p).toBe(alone?.p);
    expect(together?.pAdjusted).toBeGreaterThan(alone?.pAdjusted as number);
  });

  it('are told apart with the arm and window that each number is of', () => {
    const rows = compareArms(result, 'tcp', ['tls-0', 'tls-1'], [{ only: ['connect.connack'] }]);
    expect(rows.map(({ arm, statistic }) => `${arm} ${statistic}`)).toEqual([
      'tls-0 p50',
      'tls-0 p95',
      'tls-1 p50',
      'tls-1 p95',
    ]);
  });
});

describe('what is judged', () => {
  it('is never how late the generator itself was', () => {
    const judged = new Set<string>(judgedNumbers().map(({ metric }) => metric));
    for (const own of ['publish.late', 'connect.late', 'loop.delay']) expect(judged).not.toContain(own);
    expect(judged).toContain('connect.connack');
  });
});
