import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pulse } from '../../../src/agents/agent/pulse.js';
import { Random } from '../../../src/base/numbers/random.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

const coordinator = (): number => performance.now() * 1000 + 5e9;

interface Scene {
  /** The agent's clock less the coordinator's, µs, and how fast it runs. */
  readonly ahead: number;
  readonly ppm: number;
  /** Ways there and back, ms, from to. */
  readonly there: readonly [number, number];
  readonly back: readonly [number, number];
}

/** An agent that asks a coordinator which answers at once, over ways that take what the scene says. */
function agent({ ahead, ppm, there, back }: Scene, seed: number) {
  const random = new Random(seed);
  const within = ([least, most]: readonly [number, number]): number => least + random.next() * (most - least);
  const began = coordinator();
  const own = (): number => began + ahead + (coordinator() - began) * (1 + ppm / 1e6);
  const pulse: Pulse = new Pulse({
    sameClock: false,
    clock: own,
    ask: (number) => {
      setTimeout(() => {
        const heard = coordinator();
        setTimeout(() => pulse.heard(number, heard, heard), within(back));
      }, within(there));
    },
  });
  pulse.begin();
  return pulse;
}

const even: Scene = { ahead: 0, ppm: 0, there: [0, 3], back: [0, 3] };
const scenes: Readonly<Record<string, Scene>> = {
  'a clock 137 s ahead': { ...even, ahead: 137e6 },
  'a clock 2 s behind that gains 50 ppm': { ...even, ahead: -2e6, ppm: 50 },
  'a clock that loses 80 ppm over a way that takes long in one direction': {
    ahead: 5e6,
    ppm: -80,
    there: [20, 40],
    back: [1, 4],
  },
};

describe('what workers of an agent take for the coordinator’s time', () => {
  it.each(Object.entries(scenes))('is within the bound that is told, with %s, in 30 of 30 cells', async (_, scene) => {
    for (let seed = 1; seed <= 30; seed++) {
      const pulse = agent(scene, seed);
      await clock.pass(3_000);
      const errors: number[] = [];
      for (let step = 0; step < 60; step++) {
        await clock.pass(100);
        errors.push(Math.abs(pulse.now() - coordinator()));
      }
      const { boundMicros = 0 } = pulse.state ?? {};
      expect(Math.max(...errors)).toBeLessThanOrEqual(boundMicros);
      // The bound is not one that nobody could miss: at most what the shortest way there and back leaves open, and a little drift.
      const [least, most] = [scene.there[0] + scene.back[0], scene.there[1] + scene.back[1]];
      expect(boundMicros).toBeLessThan(((least + most) / 2) * 1000 + 1000);
      pulse.end();
    }
  });

  it('never jumps, and runs by 500 ppm too fast or too slow at most, beside the drift', async () => {
    const pulse = agent({ ahead: -2e6, ppm: 50, there: [0, 12], back: [0, 2] }, 7);
    await clock.pass(2_000);
    let [mine, theirs] = [pulse.now(), coordinator()];
    const rates: number[] = [];
    for (let step = 0; step < 300; step++) {
      await clock.pass(50);
      const [now, then] = [pulse.now(), coordinator()];
      rates.push((now - mine) / (then - theirs) - 1);
      [mine, theirs] = [now, then];
    }
    expect(Math.max(...rates)).toBeLessThan(700e-6);
    expect(Math.min(...rates)).toBeGreaterThan(-700e-6);
    pulse.end();
  });
});
