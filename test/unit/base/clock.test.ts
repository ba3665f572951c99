import { execFileSync } from 'node:child_process';
import process, { hrtime } from 'node:process';
import { describe, expect, it } from 'vitest';
import { nowMicros } from '../../../src/base/clock.js';
import { entryPath } from '../../../src/base/process/child.js';

/** How far a clock reading is from hrtime, microseconds: the closest of several brackets. */
function error(now: () => number): number {
  let best = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let i = 0; i < 200; i++) {
    const before = Number(hrtime.bigint()) / 1000;
    const reading = now();
    const after = Number(hrtime.bigint()) / 1000;
    if (after - before < best) {
      best = after - before;
      found = reading - (before + after) / 2;
    }
  }
  return Math.abs(found);
}

describe('monotonic time', () => {
  it('is CLOCK_MONOTONIC to within 5 µs', () => {
    expect(error(nowMicros)).toBeLessThan(5);
  });

  it('is the same in processes that start while the machine is busy', () => {
    const module = new URL(`file://${entryPath(import.meta.url, '../../../dist/base/clock.js')}`).href;
    const script = `
      import { nowMicros } from ${JSON.stringify(module)};
      let best = Infinity, found = 0;
      for (let i = 0; i < 200; i++) {
        const a = Number(process.hrtime.bigint()) / 1000, n = nowMicros(), b = Number(process.hrtime.bigint()) / 1000;
        if (b - a < best) { best = b - a; found = n - (a + b) / 2; }
      }
      console.log(Math.abs(found));`;
    for (let i = 0; i < 3; i++) {
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      expect(Number(said)).toBeLessThan(5);
    }
  });
});
