import { describe, expect, it } from 'vitest';
import { fewSamplesAt, fewSamplesDoubts } from '../../../../src/result/doubts/few-samples.js';
import { around } from '../../report/made-up.js';

describe('too few samples', () => {
  it.each([
    [3, ['p50', 'p90', 'p95', 'p99', 'p999']],
    [12, ['p90', 'p95', 'p99', 'p999']],
    [39, ['p95', 'p99', 'p999']],
    [40, ['p99', 'p999']],
    [300, ['p999']],
    [2_000, []],
  ])('%i samples: each percentile with fewer than 2 beyond it', (count, percentiles) => {
    expect(fewSamplesAt({ count })).toEqual(percentiles);
  });

  it('is raised for each metric and window that it holds for, and names the percentiles', () => {
    const distributions = { 'publish.ack': around(1000, 0.1, 12), 'connect.connack': around(1000, 0.1, 300) };
    expect(fewSamplesDoubts({ distributions }, 'after')).toEqual([
      {
        code: 'few-samples',
        metric: 'publish.ack',
        window: 'after',
        statistics: ['p90', 'p95', 'p99', 'p999'],
        message: '12 samples in after: fewer than 2 lie beyond the P90',
        advice: 'take more clients, a longer run or repeats',
      },
    ]);
  });

  it('is not about what was never measured, nor about the loop of the generator', () => {
    const distributions = { 'publish.ack': around(1000, 0.1, 0), 'loop.delay': around(1000, 0.1, 5) };
    expect(fewSamplesDoubts({ distributions })).toEqual([]);
  });
});
