import { describe, expect, it } from 'vitest';
import { boundAt, type ClockLine, offsetAt } from '../../../src/agents/clock/line.js';
import { OffsetClock } from '../../../src/agents/clock/offset-clock.js';
import { Random } from '../../../src/base/numbers/random.js';

// Clocks and ways of which everything is known: what is said of an offset is held against what it is.

type Way = (random: () => number) => number;
/** Agent's clock less the coordinator's at a time of the coordinator, microseconds. */
type Offset = (at: number) => number;

/** Most are quick, and one in ten waits: for a queue, or for a process that does not get the processor. */
const way =
  (least: number, usual: number, rare = 20 * usual): Way =>
  (random) =>
    least - usual * Math.log(1 - random()) + (random() < 0.1 ? rare * random() : 0);

interface Case {
  readonly offset: Offset;
  readonly there: Way;
  readonly back: Way;
  readonly seconds?: number;
}

interface Seen {
  readonly clock: OffsetClock;
  /** How wrong each line was, as a share of what it said it may be wrong by, and its bound. */
  readonly wrong: { readonly share: number; readonly bound: number }[];
}

const second = 1e6;
const begin = 5e9;

/** 32 exchanges at once, then four a second; each line is held against the truth now, until the next one, and 10 s on. */
function play({ offset, there, back, seconds = 60 }: Case, seed: number): Seen {
  const source = new Random(seed);
  const random = (): number => source.next();
  const clock = new OffsetClock();
  const wrong: { share: number; bound: number }[] = [];
  let now = begin + random() * second;
  const end = now + seconds * second;
  for (let done = 0; now < end; done++) {
    const asked = now;
    now += there(random);
    const received = now + offset(now);
    now += random() * 50;
    const answered = now + offset(now);
    now += back(random);
    clock.add({ asked, received, answered, heard: now });
    const line = clock.line as ClockLine;
    for (const later of [0, 0.1, 0.3, 10]) {
      const at = now + later * second;
      wrong.push({
        share: Math.abs(offsetAt(line, at) - offset(at)) / boundAt(line, at),
        bound: boundAt(line, now),
      });
    }
    if (done >= 32) now += 0.25 * second;
  }
  return { clock, wrong };
}

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);
const worst = ({ wrong }: Seen): number => Math.max(...wrong.map(({ share }) => share));
const lan = { there: way(30, 20), back: way(30, 20) };
const ppm = 1e-6;

const steady: readonly [what: string, one: Case][] = [
  ['the same clock', { offset: () => 0, ...lan }],
  ['a clock 137 s ahead', { offset: () => 137 * second, ...lan }],
  ['a clock 2 s behind that gains 50 ppm', { offset: (at) => -2 * second + 50 * ppm * (at - 5e9), ...lan }],
  ['a clock that loses 200 ppm', { offset: (at) => -200 * ppm * (at - 5e9), ...lan }],
  [
    'a way there that takes 40 times as long as the way back',
    { offset: (at) => 3 * second - 50 * ppm * at, there: way(4000, 200), back: way(100, 20) },
  ],
  ['a way back that takes 10 ms more', { offset: () => 7, there: way(50, 20), back: way(10_050, 500) }],
  ['a busy machine', { offset: (at) => 50 * ppm * at, there: way(100, 2000, 50_000), back: way(100, 2000, 50_000) }],
  [
    'a drift that a warmer crystal changes by 5 ppm within half a minute',
    { offset: (at) => 30 * ppm * (at - 5e9) + 5 * ppm * 10 * second * Math.sin((at - 5e9) / (10 * second)), ...lan },
  ],
];

describe('the bound of an offset holds', () => {
  it.for(steady)('in 100 of 100 runs with %s', ([, one]) => {
    const seen = seeds.map((seed) => play({ seconds: 30, ...one }, seed));
    expect(seen.filter((run) => worst(run) > 1)).toEqual([]);
    expect(seen.map(({ clock }) => clock.unstable)).toEqual(seeds.map(() => undefined));
  });
});

describe('an offset', () => {
  it('is worth more than its quickest exchange alone, and the drift is found', () => {
    const offset = (at: number): number => 137 * second + 50 * ppm * at;
    const runs = seeds.slice(0, 20).map((seed) => play({ offset, ...lan }, seed));
    for (const { clock, wrong } of runs) {
      const late = wrong.slice(-80).map(({ bound }) => bound);
      expect(Math.max(...late)).toBeLessThan(100);
      expect((clock.line as ClockLine).drift / ppm).toBeGreaterThan(40);
      expect((clock.line as ClockLine).drift / ppm).toBeLessThan(60);
      expect(clock.leastTripMicros).toBeGreaterThan(60);
      expect(clock.corrections).toBe(0);
    }
  });

  it('is not made better than it is: with a way of 10 ms more in one direction the bound knows of it', () => {
    const { wrong } = play({ offset: () => 0, there: way(50, 20), back: way(10_050, 20) }, 1);
    expect(Math.min(...wrong.map(({ bound }) => bound))).toBeGreaterThan(4900);
  });

  it.for([
    ['forward', 0.5 * second],
    ['back', -0.02 * second],
  ] as const)('of a clock that steps %s is told as unstable', ([word, by]) => {
    for (const seed of seeds) {
      const { clock } = play({ offset: (at) => (at > begin + 5 * second ? by : 0), ...lan }, seed);
      expect(clock.unstable).toMatch(
        new RegExp(`^went ${word} by \\d+(\\.\\d+)? ms against the coordinator's within \\d`),
      );
      expect(clock.exchanges).toBeGreaterThan(100);
    }
  });

  it('of a clock that NTP corrects by 400 ppm is found again, and the correction is counted', () => {
    const turn = begin + 20 * second;
    const offset = (at: number): number => (at < turn ? 0 : 400 * ppm * (at - turn));
    for (const seed of seeds.slice(0, 20)) {
      const { clock, wrong } = play({ offset, ...lan, seconds: 80 }, seed);
      expect(clock.unstable).toBeUndefined();
      expect(clock.corrections).toBeGreaterThan(0);
      // Half of the last 80 lines are long after it; those that look 10 s ahead are held as well.
      expect(Math.max(...wrong.slice(-80).map(({ share }) => share))).toBeLessThanOrEqual(1);
    }
  });
});
