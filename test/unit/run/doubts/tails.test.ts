import { describe, expect, test } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import { BurstChance, Chance } from '../../../../src/lab/emulator/chance.js';
import { binomialTails, burstChain, chainTails, correlatedChain } from '../../../../src/run/doubts/tails.js';

/** P(X <= hit), added up term by term. */
function added(tried: number, hit: number, share: number): number {
  let sum = 0;
  let log = tried * Math.log1p(-share);
  for (let k = 0; k <= hit; k++) {
    sum += Math.exp(log);
    log += Math.log((tried - k) / (k + 1)) + Math.log(share / (1 - share));
  }
  return sum;
}

describe('the tails of a binomial count', () => {
  test.each([
    [10, 0, 0.5],
    [10, 10, 0.5],
    [200, 3, 0.1],
    [200, 40, 0.1],
    [5000, 480, 0.1],
    [5000, 3, 0.001],
    [100_000, 100, 0.002],
  ])('%d draws, %d hits at %d', (tried, hit, share) => {
    const { low, high } = binomialTails(tried, hit, share);
    expect(low / added(tried, hit, share)).toBeCloseTo(1, 6);
    expect(low + high - 1).toBeCloseTo(added(tried, hit, share) - added(tried, hit - 1, share), 8);
  });

  test('of millions of draws too', () => {
    const { low, high } = binomialTails(20_000_000, 2_000_000, 0.1);
    expect(low).toBeCloseTo(0.5, 2);
    expect(high).toBeCloseTo(0.5, 2);
    // Five standard deviations.
    expect(binomialTails(20_000_000, 2_006_708, 0.1).high).toBeCloseTo(2.9e-7, 7);
  });

  test('what cannot be has no probability, what must be has 1', () => {
    expect([binomialTails(100, 1, 0), binomialTails(100, 0, 0)]).toMatchObject([{ high: 0 }, { high: 1 }]);
    expect([binomialTails(100, 99, 1), binomialTails(100, 100, 1)]).toMatchObject([{ low: 0 }, { low: 1 }]);
  });
});

describe('the tails of draws that depend on one another', () => {
  const model = { p: 0.01, r: 0.2, oneMinusH: 1, oneMinusK: 0 };

  /** How often chance itself goes further than each of its bounds says it may. */
  const further = (
    make: (seed: number) => { next(): boolean },
    chain: Parameters<typeof chainTails>[2],
    draws: number,
  ) => {
    const runs = 3000;
    const counts = Array.from({ length: runs }, (_, seed) => {
      const chance = make(seed);
      let hits = 0;
      for (let i = 0; i < draws; i++) if (chance.next()) hits++;
      return hits;
    }).sort((a, b) => a - b);
    const [few, many] = [counts[Math.floor(runs * 0.01)]!, counts[Math.floor(runs * 0.99)]!];
    return { low: chainTails(draws, few, chain).low, high: chainTails(draws, many, chain).high };
  };

  test.each([
    ['bursts', (seed: number) => new BurstChance(new Random(seed), model), burstChain(model)],
    ['correlated', (seed: number) => new Chance(new Random(seed), 0.05, 0.5), correlatedChain(0.05, 0.5)],
  ])('%s: what one run in a hundred does is neither called impossible nor usual', (_, make, chain) => {
    const { low, high } = further(make, chain, 1500);
    for (const tail of [low, high]) {
      expect(tail).toBeGreaterThanOrEqual(0.008);
      expect(tail).toBeLessThan(0.15);
    }
  });

  test('twice and half the share are improbable', () => {
    const chain = burstChain(model);
    const usual = 100_000 * (0.01 / 0.21);
    expect(chainTails(100_000, usual, chain)).toMatchObject({ low: expect.closeTo(1, 1), high: expect.closeTo(1, 1) });
    expect(chainTails(100_000, usual * 2, chain).high).toBeLessThan(1e-9);
    expect(chainTails(100_000, usual / 2, chain).low).toBeLessThan(1e-9);
  });

  test('without correlation it is the binomial, a little later', () => {
    const chain = burstChain({ p: 0, r: 1, oneMinusH: 0.1, oneMinusK: 0.1 });
    const exact = binomialTails(2000, 260, 0.1).high;
    const bound = chainTails(2000, 260, chain).high;
    expect(bound).toBeGreaterThan(exact);
    expect(bound).toBeLessThan(exact * 30);
  });
});

test('a correlated chance keeps its share', () => {
  for (const [share, correlation] of [
    [0.1, 0.25],
    [0.01, 0.5],
    [0.2, 0.9],
  ] as const) {
    const chance = new Chance(new Random(3), share, correlation);
    let hits = 0;
    for (let i = 0; i < 2_000_000; i++) if (chance.next()) hits++;
    // Correlation widens the scatter; 2,000,000 draws know it to about 1 %.
    expect(hits / 2_000_000 / share).toBeGreaterThan(0.98);
    expect(hits / 2_000_000 / share).toBeLessThan(1.02);
  }
});
