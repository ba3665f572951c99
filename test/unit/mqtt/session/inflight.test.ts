import { describe, expect, it } from 'vitest';
import { Inflight, waitingFor } from '../../../../src/mqtt/session/inflight.js';
import { fc } from '../../../helpers/properties.js';

describe('Inflight', () => {
  it('never has two waiting messages under one packet id, and ids stay within 1 … 65,535', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.boolean(), { maxLength: 3_000 }),
        fc.integer(),
        (window, steps, seed) => {
          const inflight = new Inflight(window);
          const waiting = new Map<number, number>();
          let pick = Math.abs(seed);
          for (const take of steps) {
            if (take && !inflight.full) {
              const slot = inflight.take();
              inflight.state[slot] = waitingFor.puback;
              const id = inflight.ids[slot] as number;
              expect(id).toBeGreaterThanOrEqual(1);
              expect(waiting.has(id)).toBe(false);
              waiting.set(id, slot);
            } else if (!take && waiting.size > 0) {
              pick = (pick * 31 + 7) % 10_007;
              const [id, slot] = [...waiting][pick % waiting.size] as [number, number];
              expect(inflight.find(id)).toBe(slot);
              inflight.release(slot);
              expect(inflight.find(id)).toBe(-1);
              waiting.delete(id);
            }
            expect(inflight.used).toBe(waiting.size);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('uses an id again only after all rounds, so a stray acknowledgement hits nothing', () => {
    const inflight = new Inflight(10);
    const seen = new Set<number>();
    for (let i = 0; i < 6_553; i++) {
      const slot = inflight.take();
      inflight.state[slot] = waitingFor.puback;
      seen.add(inflight.ids[slot] as number);
      inflight.release(slot);
    }
    expect(seen.size).toBe(6_553);
  });

  it('works with the largest window there is', () => {
    const inflight = new Inflight(65_535);
    for (let i = 0; i < 65_535; i++) inflight.state[inflight.take()] = waitingFor.puback;
    expect(inflight.full).toBe(true);
    const slot = inflight.find(65_535);
    expect(slot).toBeGreaterThanOrEqual(0);
    inflight.release(slot);
    expect(inflight.ids[inflight.take()]).toBe(65_535);
  });

  it('does not find ids that nobody waits for', () => {
    const inflight = new Inflight(4);
    expect(inflight.find(0)).toBe(-1);
    expect(inflight.find(1)).toBe(-1);
    expect(inflight.find(65_535)).toBe(-1);
  });
});
