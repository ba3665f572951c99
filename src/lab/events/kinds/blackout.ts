import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from '../../../base/clock.js';
import { formatDuration } from '../../../base/units.js';
import type { Act, LinkCounters } from '../../contract.js';
import { duration } from '../fields.js';
import { networkKind, type Played, type Stage } from '../kind.js';

export const blackout = networkKind({
  kind: 'blackout',
  description: 'Nothing passes for a while.',
  fields: { forMicros: duration('for', 'How long.', '5s') },
  disturbs: true,
  lastsMicros: ({ forMicros }) => forMicros,
  check: ({ forMicros }, left) =>
    forMicros > left ? ['for', 'the blackout outlasts the traffic, so nothing would be seen of its end'] : undefined,
  sentence: ({ forMicros }) => `nothing passes for ${formatDuration(forMicros)}`,
  act: (stage, { forMicros }) => darkTimes(stage, 1, forMicros, 0),
});

/** Nothing passes so many times. */
export async function darkTimes(stage: Stage, times: number, downMicros: number, upMicros: number): Promise<Played> {
  const before = await stage.link.counters();
  const acts: Act[] = [];
  const start = nowMicros();
  const until = async (micros: number): Promise<void> => {
    const wait = micros - nowMicros();
    if (wait > 0) await sleep(Math.ceil(wait / 1000));
  };
  for (let i = 0; i < times; i++) {
    await until(start + i * (downMicros + upMicros));
    const { beganMicros } = await darken(stage, 1);
    await until(beganMicros + downMicros);
    acts.push({ beganMicros, endedMicros: (await darken(stage, -1)).endedMicros });
  }
  const after = await stage.link.counters();
  const facts = { times, downMicros, lostUp: lost(before, after, 'up'), lostDown: lost(before, after, 'down') };
  return { acts, facts };
}

/** One blackout more or less. @returns when the link became, or went on being, dark or light */
async function darken(stage: Stage, by: 1 | -1): Promise<Act> {
  stage.dark += by;
  const on = stage.dark > 0;
  return stage.link.blackout({ up: on, down: on });
}

function lost(before: LinkCounters, after: LinkCounters, direction: 'up' | 'down'): number {
  return after[direction].packetsLost - before[direction].packetsLost;
}
