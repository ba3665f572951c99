import { expect, test } from 'vitest';
import { FineTimer, quietTurns } from '../../../../src/load/pace/fine-timer.js';

/** A clock that only the wait moves, and a count of events that the test raises. */
function bench() {
  const state = { now: 0, events: 0, log: [] as string[] };
  const wait = (micros: number): void => {
    state.log.push('wait');
    state.now += micros;
  };
  const called = new Promise<void>((resolve) => {
    const timer = new FineTimer(
      () => state.now,
      wait,
      resolve,
      quietTurns.quic,
      () => state.events,
    );
    timer.set(1_500);
  });
  return { state, called };
}

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise<void>((resolve) => setImmediate(resolve));
};

test('what was read in a turn is worked off before the generator waits for the next due time', async () => {
  const { state, called } = bench();
  // A packet is read in each of five turns; its work is queued behind the timer's own immediate, twice over.
  for (let i = 0; i < 5; i++) {
    state.events++;
    setImmediate(() => setImmediate(() => state.log.push('answer')));
    await turns(1);
  }
  await called;
  expect(state.log).toEqual(['answer', 'answer', 'answer', 'answer', 'answer', 'wait']);
  expect(state.now).toBe(1_500);
});

test('without traffic the wait begins after a few turns and ends when it is due', async () => {
  const { state, called } = bench();
  await called;
  expect(state.log).toEqual(['wait']);
});
