import { describe, expect, it } from 'vitest';
import { compareResults } from '../../../src/compare/compare.js';
import { mergeRepeats } from '../../../src/compare/merge.js';
import { combine } from '../../../src/report/rows/number.js';
import { buildResult } from '../../helpers/result-builder.js';

const runs = [1, 2, 3].map((seed) => ({
  ...buildResult({ seed, repeats: 2, networks: [30], numbersOnly: true }),
  startedAt: `2026-11-20T1${4 - seed}:00:00.000Z`,
}));

describe('runs merged as repeats', () => {
  it('number their cells on, in the order of time', () => {
    const merged = mergeRepeats(runs)!;
    expect(merged.cells.filter((cell) => cell.arm === 'tls').map((cell) => [cell.id, cell.repeat])).toEqual([
      ['tls@30ms', 1],
      ...[2, 3, 4, 5, 6].map((repeat) => [`tls@30ms#${repeat}`, repeat]),
    ]);
    expect(merged.planned).toEqual(merged.cells.map((cell) => cell.id));
    expect(merged.cells[0]!.metrics).toEqual(runs[2]!.cells[0]!.metrics);
  });

  it('compare like the runs themselves', () => {
    const other = buildResult({ seed: 9, repeats: 6, networks: [30], numbersOnly: true });
    const separate = compareResults([...runs].reverse(), [other], { resamples: 50 });
    const merged = compareResults([mergeRepeats(runs)!], [other], { resamples: 50 });
    expect(merged.rows).toEqual(separate.rows);
  });

  it('know of unfinished operations what each run knew: one lower bound makes the number of all of them one', () => {
    const [first, ...others] = runs;
    const cells = first!.cells.map((cell) => {
      const ack = { ...cell.metrics.distributions['publish.ack']!, outstanding: 3, atLeast: ['p99', 'max'] as const };
      const distributions = { ...cell.metrics.distributions, 'publish.ack': ack };
      return { ...cell, metrics: { ...cell.metrics, distributions } };
    });
    const merged = mergeRepeats([...others, { ...first!, cells }])!;
    const tls = merged.cells.filter((cell) => cell.arm === 'tls');
    const isBound = (statistic: 'p50' | 'p99') => combine(tls, { metric: 'publish.ack', statistic }).isLowerBound;
    expect([isBound('p50'), isBound('p99')]).toEqual([false, true]);
  });

  it('keep the worst outcome of an expectation', () => {
    const [first, ...others] = runs;
    const expectations = [{ text: 'x', outcome: 'missed' as const, found: '7' }];
    const held = others.map((run) => ({ ...run, expectations: [{ text: 'x', outcome: 'held' as const, found: '1' }] }));
    expect(mergeRepeats([...held, { ...first!, expectations }])!.expectations).toEqual([
      { text: 'x', outcome: 'missed', found: '7 (missed in 1 of 3 runs; this is the first of them)' },
    ]);
  });

  it('are refused when they are not of one kind', () => {
    expect(
      mergeRepeats([runs[0]!, { ...runs[1]!, scenario: { ...runs[1]!.scenario, name: 'other' } }]),
    ).toBeUndefined();
    expect(mergeRepeats([])).toBeUndefined();
  });
});
