import { expect, it } from 'vitest';
import { distributionOf } from '../../../../src/load/merge/distribution.js';
import { Histogram } from '../../../../src/metrics/histogram.js';
import { chapterOf } from '../../../../src/report/html/chapter.js';
import { distributionsSection } from '../../../../src/report/html/distributions.js';
import { cell, metricSet, result } from '../made-up.js';

it('charts of latencies say how many of their operations were not finished, over all repeats', () => {
  const done = new Histogram();
  done.recordTimes(10_000, 500);
  const ages = new Histogram();
  ages.recordTimes(4_000_000, 6);
  const drawn = (left: Histogram | undefined): string => {
    const metrics = metricSet({ 'publish.ack': distributionOf(done, left) });
    const repeats = [1, 2].map((repeat) => cell('tcp', 1000, { repeat, metrics }));
    return JSON.stringify(distributionsSection(chapterOf(result(repeats), 'one')));
  };
  expect(drawn(ages)).toContain('PUBLISH to PUBACK on 1ms, 12 not finished: percentiles');
  expect(drawn(undefined)).toContain('PUBLISH to PUBACK on 1ms: percentiles');
});
