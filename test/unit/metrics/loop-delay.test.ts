import { describe, expect, it } from 'vitest';
import { loopDelay } from '../../../src/load/doubts/generator.js';
import type { DoubtInput } from '../../../src/load/doubts/input.js';
import { Histogram } from '../../../src/metrics/histogram.js';
import { LoopTicks } from '../../../src/metrics/loop-delay.js';

/** A loop that does nothing for `everySeconds` but for being blocked in the last `blockedSeconds` of them; a minute of it. */
function loopOf(everySeconds: number, blockedSeconds: number): Histogram {
  const histogram = new Histogram();
  let now = 1e9;
  const start = now;
  const ticks = new LoopTicks(
    () => now,
    (late) => histogram.record(late),
  );
  for (let due = now + 20_000; due < start + 60e6; due = now + 20_000) {
    const into = (due - start) % (everySeconds * 1e6);
    const blockedFrom = (everySeconds - blockedSeconds) * 1e6;
    now = into < blockedFrom || blockedSeconds === 0 ? due + 300 : due - into + everySeconds * 1e6; // Node's grain
    ticks.come();
  }
  return histogram;
}

/** The doubts about a run whose traffic had such a loop, after connecting for five times as long in a quiet one. */
function doubtsAfter(traffic: Histogram): string[] {
  const connecting = new Histogram();
  connecting.recordTimes(300, traffic.count * 5);
  const input = { loops: { connecting, traffic, drain: new Histogram() }, windows: {} } as unknown as DoubtInput;
  return loopDelay(input).map(({ code }) => code);
}

describe('the delay of an event loop', () => {
  it.each([
    [1, 5],
    [2, 5],
  ])('shows in the P99 when the loop is blocked for %i s in every %i s', (blocked, every) => {
    const delay = loopOf(every, blocked);
    expect(delay.percentile(99)).toBeGreaterThan(blocked * 0.9e6);
    expect(delay.max).toBeLessThanOrEqual(blocked * 1e6);
    // As many ticks are late as were due while it was blocked.
    expect(doubtsAfter(delay)).toEqual(['loop-delay']);
    const share = blocked / every;
    expect(delay.percentile((1 - share) * 100 - 2)).toBe(300);
    expect(delay.percentile((1 - share) * 100 + 2)).toBeGreaterThan(20_000);
  });

  it('is the grain of its timers in a quiet loop', () => {
    expect(loopOf(5, 0).max).toBe(300);
    expect(doubtsAfter(loopOf(5, 0))).toEqual([]);
  });

  it('holds what is late when watching ends, and nothing of a timer that came early', () => {
    const late: number[] = [];
    let now = 0;
    const ticks = new LoopTicks(
      () => now,
      (micros) => late.push(micros),
    );
    now = 19_500;
    ticks.come();
    expect(late).toEqual([0]);
    now = 39_000; // the next one is due at 39,500
    ticks.end();
    expect(late).toEqual([0]);
    now = 79_500;
    ticks.end();
    expect(late).toEqual([0, 40_000, 20_000, 0]);
  });
});
