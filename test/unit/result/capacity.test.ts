import { describe, expect, it } from 'vitest';
import { capacityInterval, capacityText, gridStep, withinOneStep } from '../../../src/result/capacity.js';
import type { Search } from '../../../src/result/types.js';

const probe = (ratePerSecond: number, held: boolean, failed = false) => ({ ratePerSecond, held, found: '', failed });
const search = (held: number, missed?: number, probes: Search['probes'] = []): Search => ({
  arm: 'tls',
  network: 'bad',
  ratePerSecond: held,
  ...(missed === undefined ? {} : { missedPerSecond: missed }),
  probes,
});

describe('a capacity', () => {
  it.each([
    ['4,472–5,393/s', search(4472, 5393)],
    ['>= 20,000/s', search(20_000)],
    ['< 1,000/s', search(0, 1000)],
    ['not found', search(0, undefined, [probe(1000, false, true)])],
    ['>= 4,472/s', search(4472, undefined, [probe(4472, true), probe(5393, false, true)])],
  ])('reads %s', (text, one) => {
    expect(capacityText(one)).toBe(text);
  });

  it('of several searches reaches from the least held to the most that was not', () => {
    expect(capacityText(search(4472, 5393), search(3709, 4472))).toBe('3,709–5,393/s');
    expect(capacityText(search(16_600, 20_000), search(20_000))).toBe('>= 16,600/s');
  });

  it('of a result that does not name its upper end has the lowest rate above that was not held', () => {
    const old = search(4472, undefined, [
      probe(1000, true),
      probe(20_000, false),
      probe(4472, true),
      probe(5393, false),
    ]);
    expect(capacityInterval(old)).toEqual({ held: 4472, missed: 5393 });
    expect(capacityText(search(0, undefined, [probe(1000, false)]))).toBe('< 1,000/s');
  });

  it('may be the same as one that is a grid step away, and not as one two steps away', () => {
    const [low, middle, high] = [search(3709, 4472), search(4472, 5393), search(5393, 6504)].map(capacityInterval);
    expect(withinOneStep(low!, middle!)).toBe(true);
    expect(withinOneStep(high!, middle!)).toBe(true);
    expect(withinOneStep(low!, high!)).toBe(false);
    expect(withinOneStep(capacityInterval(search(20_000)), high!)).toBe(false);
    expect(gridStep(middle!)).toBeCloseTo(1.206, 3);
    expect(gridStep(capacityInterval(search(20_000)))).toBeUndefined();
  });
});
