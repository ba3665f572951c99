import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareResults } from '../../../src/compare/compare.js';
import { mergeRepeats } from '../../../src/compare/merge.js';
import type { Statistic, Verdict } from '../../../src/compare/types.js';
import { rowText } from '../../../src/report/comparison/quantity.js';
import type { Result } from '../../../src/result/types.js';
import { readEarlier } from '../../../src/run/resume.js';
import { buildResult } from '../../helpers/result-builder.js';
import { inRounds, repeated, withCells } from '../../helpers/simulated-gates.js';

// What must not be compared, or not be called better, although its name is the same.

const at = (schema: number, seed: number): Result => ({
  ...buildResult({ seed, repeats: 3, networks: [30], numbersOnly: true }),
  schema,
});

describe('results of two schemas', () => {
  it('are refused, since their numbers mean something else, and said when they are compared all the same', () => {
    expect(() => compareResults([at(1, 1)], [at(2, 2)])).toThrow('meaning of the numbers: schema 1 against schema 2');
    const { circumstances } = compareResults([at(1, 1)], [at(2, 2)], { force: true, resamples: 50 });
    expect(circumstances).toEqual([{ what: 'meaning of the numbers', base: 'schema 1', head: 'schema 2' }]);
    expect(compareResults([at(1, 1)], [at(1, 2)], { resamples: 50 }).circumstances).toEqual([]);
  });

  it('are no repeats of one another', () => {
    expect(mergeRepeats([at(1, 1), at(2, 2)])).toBeUndefined();
    expect(mergeRepeats([at(1, 1), at(1, 2)])).toBeDefined();
  });

  it('are not completed one by the other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-schema-'));
    try {
      const whole = at(1, 1);
      writeFileSync(join(folder, 'result.json'), JSON.stringify({ ...whole, cells: whole.cells.slice(1) }));
      await expect(readEarlier(folder)).rejects.toMatchObject({
        code: 'MQB_RESUME',
        exitCode: 2,
        message: expect.stringContaining('its numbers are those of schema 1, new ones would be those of schema 2'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.each([
  ['two groups of repeats', (seed: number) => repeated(10, seed, { rebind: false }), {}],
  ['ten rounds', (seed: number) => inRounds(10, seed, { rebind: false }), { rounds: true }],
] as const)('lower bounds, in %s', (_, side, options) => {
  /** publish.ack of TLS, so many times as long; in the repeats below `bounded` its P95 is only the least that it can be. */
  const changed = (results: readonly Result[], factor: number, bounded: number): Result[] => {
    let left = bounded;
    return withCells(results, (cell) => {
      const ack = cell.metrics.distributions['publish.ack'];
      if (cell.arm !== 'tls' || ack === undefined) return undefined;
      const bound = left-- > 0 ? { outstanding: 60, atLeast: ['p95', 'p99', 'max'] as const } : {};
      const scaled = { ...ack, p50: ack.p50 * factor, p95: ack.p95 * factor, ...bound };
      const distributions = { ...cell.metrics.distributions, 'publish.ack': scaled };
      return { ...cell, metrics: { ...cell.metrics, distributions } };
    });
  };
  const row = (base: Result[], head: Result[], statistic: Statistic) => {
    const comparison = compareResults(base, head, { resamples: 100, ...options });
    return comparison.rows.find(
      (one) => one.cell === 'tls@30ms' && one.metric === 'publish.ack' && one.statistic === statistic,
    )!;
  };
  const verdict = (base: Result[], head: Result[], statistic: Statistic = 'p95'): Verdict =>
    row(base, head, statistic).verdict;

  it('of the head are worse when they are above the base, and never better', () => {
    expect(verdict(changed(side(1), 1, 0), changed(side(2), 2, 10))).toBe('worse');
    expect(verdict(changed(side(1), 1, 0), changed(side(2), 0.5, 0))).toBe('better');
    expect(verdict(changed(side(1), 1, 0), changed(side(2), 0.5, 1))).toBe('unclear');
    expect(verdict(changed(side(1), 1, 0), changed(side(2), 0.5, 10), 'p50')).toBe('better');
  });

  it('of the base are better when they are above the head, and no reason to call the head worse', () => {
    expect(verdict(changed(side(1), 1, 10), changed(side(2), 0.5, 0))).toBe('better');
    expect(verdict(changed(side(1), 1, 1), changed(side(2), 2, 0))).toBe('unclear');
  });

  it('are never the same, and are printed as what they are', () => {
    const same = row(changed(side(1), 1, 10), changed(side(1), 1, 10), 'p95');
    expect(same.verdict).toBe('unclear');
    expect([rowText(same).base, rowText(same).head].map((text) => text.slice(0, 3))).toEqual(['>= ', '>= ']);
    expect(rowText(row(changed(side(1), 1, 0), changed(side(2), 2, 1), 'p95')).base).not.toContain('>=');
  });
});

it('counts the kinds of doubt that a side carries, not each of the hundreds of numbers that they stand at', () => {
  const [plain] = repeated(3, 1) as [Result];
  const few = (metric: 'connect.connack' | 'publish.ack') => ({ code: 'few-samples' as const, metric, message: 'x' });
  const doubts = [few('connect.connack'), few('publish.ack'), { code: 'machine-bound' as const, message: 'x' }];
  const carrying = (of: Result['cells'][number]['doubts']) => withCells([plain], (cell) => ({ ...cell, doubts: of }));
  const { base, head } = compareResults(carrying([]), carrying(doubts), { resamples: 50 });
  expect([base.doubts, head.doubts]).toEqual([0, 2]);
});
