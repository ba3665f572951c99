import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sleep } from '../../../src/base/sleep.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

/** When it was over, in milliseconds; undefined: it is not. */
function over(millis: number, signal?: AbortSignal): { at?: number } {
  const found: { at?: number } = {};
  void sleep(millis, signal).then(() => {
    found.at = Math.round(clock.millis);
  });
  return found;
}

describe('sleep', () => {
  it('lasts as long as was said; what is over already takes no time', async () => {
    const [long, past] = [over(500), over(-3)];
    await clock.pass(499);
    expect([long.at, past.at]).toEqual([undefined, 0]);
    await clock.pass(1);
    expect(long.at).toBe(500);
  });

  it('ends when it is aborted, and has ended when it was before', async () => {
    const controller = new AbortController();
    const [some, endless] = [over(500, controller.signal), over(Number.POSITIVE_INFINITY, controller.signal)];
    await clock.pass(200);
    controller.abort();
    await clock.pass(0);
    expect([some.at, endless.at]).toEqual([200, 200]);
    const after = over(500, controller.signal);
    await clock.pass(0);
    expect(after.at).toBe(200);
  });

  it('without an end and a signal never ends', async () => {
    const endless = over(Number.POSITIVE_INFINITY);
    await clock.pass(1e7);
    expect(endless.at).toBeUndefined();
  });
});
