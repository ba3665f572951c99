import { describe, expect, it } from 'vitest';
import { renderDifferences } from '../../../../src/report/rows/differences.js';
import { buildResult } from '../../../helpers/result-builder.js';

describe('differences of the arms on a terminal', () => {
  it('have an interval each, and fit 80 columns', () => {
    const text = renderDifferences(buildResult({ repeats: 10, noise: 0.02, numbersOnly: true }));
    const tls = text.split('\n').filter((line) => /TLS +CONNACK P50/.test(line));
    expect(tls).toHaveLength(2); // one a network
    // Of 3 round trips and 1.6 ms against 2: at 30 ms that is 48.7 % more.
    expect(tls[1]).toMatch(/\+(4[5-9]|5[0-3])\.\d % {2,}\+\d+\.\d … \+\d+\.\d % {2}sure$/);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('are not claimed from one repeat', () => {
    expect(renderDifferences(buildResult({ repeats: 1, numbersOnly: true }))).toBe('');
  });
});
