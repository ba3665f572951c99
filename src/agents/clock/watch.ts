import { type Clock, nowMicros } from '../../base/clock.js';
import { sleep } from '../../base/sleep.js';
import type { OffsetClock } from './offset-clock.js';

/** Exchanges before anything starts: the quickest of so many has met no queue. */
const before = 32;
/** How often during a run, milliseconds. */
const everyMillis = 250;

/** Asks the agent what its clock shows: when the question came and when the answer left; rejects when there is no answer. */
export type AskClock = () => Promise<{ readonly received: number; readonly answered: number }>;

/** The exchanges before a run, one after the other. @throws what `ask` does */
export async function measureOffset(offset: OffsetClock, ask: AskClock, clock: Clock = nowMicros): Promise<void> {
  for (let done = 0; done < before; done++) await exchange(offset, ask, clock);
}

/** Four exchanges a second, until the signal is aborted; an answer that does not come is left out. Resolves then. */
export async function followOffset(
  offset: OffsetClock,
  ask: AskClock,
  signal: AbortSignal,
  clock: Clock = nowMicros,
): Promise<void> {
  while (!signal.aborted) {
    await exchange(offset, ask, clock).catch(() => {});
    await sleep(everyMillis, signal);
  }
}

async function exchange(offset: OffsetClock, ask: AskClock, clock: Clock): Promise<void> {
  const asked = clock();
  const { received, answered } = await ask();
  offset.add({ asked, received, answered, heard: clock() });
}
