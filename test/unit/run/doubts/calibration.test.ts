import { describe, expect, test } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import type { Calibration, Impairment, LinkProfile } from '../../../../src/lab/contract.js';
import { BurstChance, Chance } from '../../../../src/lab/emulator/chance.js';
import { calibrationDoubts, refuseOffLink } from '../../../../src/run/doubts/calibration.js';

describe('calibration against what was asked for', () => {
  const link = (delayMicros: number, more: Impairment = {}): LinkProfile => ({
    up: { delayMicros, ...more },
    down: { delayMicros, ...more },
  });
  const good = { packets: 200, lost: 0, rttP50Micros: 30_300, rttP95Micros: 31_000, reordered: 0 };
  const codes = (profile: LinkProfile, measured: Partial<Calibration>) =>
    calibrationDoubts(profile, { ...good, ...measured }).map(({ code }) => code);
  const off = ['calibration-off'];

  test.each([
    [500, 1260, []],
    [500, 2000, off],
    [15_000, 30_600, []],
    [15_000, 31_500, off],
    [15_000, 29_500, off],
    [150_000, 304_000, []],
    [150_000, 310_000, off],
    [0, 250, []],
    [0, 900, off],
  ])('%d µs each way, measured %d: %j', (delay, rttP50Micros, expected) => {
    expect(codes(link(delay), { rttP50Micros })).toEqual(expected);
  });

  test.each<[string, Impairment, number, number[]]>([
    // Of 36 % of the packets one way is without delay; the median has both, or with 40 % of them but one.
    ['a share of packets does not wait', { reorder: 0.2 }, 30_300, [15_300, 33_000]],
    ['half of the packets do not wait', { reorder: 0.45 }, 15_300, [30_300]],
    // The median of pareto jitter lies under its mean.
    ['jitter is skewed', { jitterMicros: 5000, jitterDistribution: 'pareto' }, 28_000, [33_500, 22_000]],
    ['the link is slow', { rateBits: 1e6 }, 31_700, [30_000, 35_000]],
    ['echoes queue', { rateBits: 1e5 }, 80_000, [30_000]],
  ])('when %s', (_, more, believed, doubted) => {
    expect(codes(link(15_000, more), { rttP50Micros: believed })).toEqual([]);
    for (const rttP50Micros of doubted) expect(codes(link(15_000, more), { rttP50Micros })).toEqual(off);
  });

  test.each<[string, Impairment, number, readonly string[]]>([
    ['none asked, none lost', {}, 0, []],
    ['none asked, one lost', {}, 1, off],
    ['1 % each way, as many', { loss: 0.01 }, 4, []],
    ['1 % each way, 6 %', { loss: 0.01 }, 13, off],
    ['5 % each way, none', { loss: 0.05 }, 0, off],
    ['10 % each way, 19 %', { loss: 0.1 }, 38, []],
    ['10 % each way, 10 %', { loss: 0.1 }, 18, off],
    ['10 % each way, 30 %', { loss: 0.1 }, 60, off],
    ['bursts of five, none', { gilbertElliott: { p: 0.01, r: 0.2, oneMinusH: 1, oneMinusK: 0 } }, 3, []],
    ['bursts of five, a quarter', { gilbertElliott: { p: 0.01, r: 0.2, oneMinusH: 1, oneMinusK: 0 } }, 50, []],
    ['bursts of five, nearly all', { gilbertElliott: { p: 0.01, r: 0.2, oneMinusH: 1, oneMinusK: 0 } }, 190, off],
    ['a full queue drops too', { loss: 0.05, rateBits: 1e5 }, 80, []],
  ])('%s', (_, more, lost, expected) => {
    expect(codes(link(15_000, more), { lost, rttP50Micros: more.rateBits ? 90_000 : 30_300 })).toEqual(expected);
  });

  test.each<[string, Impairment]>([
    ['independent losses', { loss: 0.1 }],
    ['few losses', { loss: 0.005 }],
    ['bursts', { gilbertElliott: { p: 0.02, r: 0.3, oneMinusH: 0.8, oneMinusK: 0.001 } }],
  ])('honest links are doubted in one of 2,000 runs: %s', (_, more) => {
    const runs = 2000;
    const random = new Random(5);
    const chance = () =>
      more.gilbertElliott ? new BurstChance(random, more.gilbertElliott) : new Chance(random, more.loss ?? 0);
    const counts = new Map<number, number>();
    for (let run = 0; run < runs; run++) {
      const [up, down] = [chance(), chance()];
      let lost = 0;
      for (let i = 0; i < 200; i++) if (up.next() || down.next()) lost++;
      counts.set(lost, (counts.get(lost) ?? 0) + 1);
    }
    let doubted = 0;
    for (const [lost, times] of counts) if (codes(link(15_000, more), { lost }).length > 0) doubted += times;
    expect(doubted).toBeLessThanOrEqual(4); // 1 is to be expected; five or more come once in 270 such tests
  });
});

describe('a link far from the one asked for fails the cell', () => {
  const measured = { packets: 100, lost: 0, rttP50Micros: 30_000, rttP95Micros: 31_000, reordered: 0 };
  test('not when it is merely doubtful', () => {
    expect(() => refuseOffLink({ up: {}, down: {} }, 30_000, { ...measured, rttP50Micros: 45_000 })).not.toThrow();
  });
  test('a median 90 ms off at 30 ms', () => {
    const off = { ...measured, rttP50Micros: 120_000 };
    expect(() => refuseOffLink({ up: {}, down: {} }, 30_000, off)).toThrow(/120 ms \(P50\) where 30.0 ms/);
    expect(() => refuseOffLink({ up: { rateBits: 1e5 }, down: {} }, 30_000, off)).not.toThrow();
  });
  test('no echo at all, unless that was asked for', () => {
    const silent = { ...measured, lost: 100, rttP50Micros: Number.NaN };
    expect(() => refuseOffLink({ up: { loss: 0.1 }, down: {} }, 30_000, silent)).toThrow(/none of 100/);
    expect(() => refuseOffLink({ up: { loss: 1 }, down: {} }, 30_000, silent)).not.toThrow();
  });
});
