import { describe, expect, it } from 'vitest';
import { PhaseWatch } from '../../../../src/load/worker/phase-watch.js';

describe('what a worker says of its own processor time', () => {
  /** A process that uses so much of a core in each second. */
  function watched(): { watch: PhaseWatch; live: (seconds: number, share: number) => void } {
    let now = 0;
    let cpu = 0;
    const use = () => ({ cpuUserMicros: cpu * 0.7, cpuSystemMicros: cpu * 0.3, peakRssBytes: 0, contextSwitches: 0 });
    const watch = new PhaseWatch(
      () => now,
      use,
      () => {},
    );
    const live = (seconds: number, share: number): void => {
      now += seconds * 1e6;
      cpu += seconds * 1e6 * share;
    };
    return { watch, live };
  }

  it('goes by phase, and leaves out the pauses between', () => {
    const { watch, live } = watched();
    watch.begin('connecting');
    live(2, 0.95);
    watch.end();
    live(60, 0.01);
    watch.begin('traffic');
    live(10, 0.5);
    watch.begin('drain');
    live(5, 0.1);
    watch.end();
    expect(watch.busyShare.connecting).toBeCloseTo(0.95);
    expect(watch.busyShare.traffic).toBeCloseTo(0.5);
    expect(watch.busyShare.drain).toBeCloseTo(0.1);
  });

  it('is the busiest of several phases of a name, and nothing for one of less than half a second', () => {
    const { watch, live } = watched();
    for (const [seconds, share] of [
      [1, 0.4],
      [1, 0.8],
      [0.4, 1],
    ] as const) {
      watch.begin('traffic');
      live(seconds, share);
    }
    watch.end();
    expect(watch.busyShare).toEqual({ connecting: 0, traffic: expect.closeTo(0.8), drain: 0 });
  });
});
