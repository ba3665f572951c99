import { describe, expect, it } from 'vitest';
import { chapterOf } from '../../../../src/report/html/chapter.js';
import { stagesSection } from '../../../../src/report/html/stages.js';
import { around, cell, metricSet, result } from '../made-up.js';

describe('the chart of stages', () => {
  it('shows of several repeats the median that the tables show, whatever one of them was like', () => {
    const repeats = [10_000, 20_000, 900_000].map((p50, i) =>
      cell('tcp', 1000, { repeat: i + 1, metrics: metricSet({ 'connect.connack': around(p50) }) }),
    );
    const drawn = JSON.stringify(stagesSection(chapterOf(result(repeats), 'one')));
    const ticks = [...drawn.matchAll(/>(\d+(?:\.\d+)?) ms</g)].map(([, tick]) => Number(tick));
    // The axis ends a little above the longest bar: 20 ms; the mean of the three is 310 ms.
    expect(ticks.length).toBeGreaterThan(0);
    expect(Math.max(...ticks)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...ticks)).toBeLessThan(50);
  });
});
