import { describe, expect, it } from 'vitest';
import { globalNumber, localNumber, ShareCursor, shareOf } from '../../../../src/load/pace/split.js';
import { fc } from '../../../helpers/properties.js';

const totals = fc.integer({ min: 0, max: 5_000 });
const workerCounts = fc.integer({ min: 1, max: 40 });

describe('shares of workers', () => {
  it('add up exactly, and differ by one at most', () => {
    fc.assert(
      fc.property(totals, workerCounts, (total, workers) => {
        const shares = Array.from({ length: workers }, (_, worker) => shareOf(total, { worker, workers }));
        expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('give every client exactly one owner', () => {
    fc.assert(
      fc.property(totals, workerCounts, (total, workers) => {
        const owned: number[] = [];
        for (let worker = 0; worker < workers; worker++) {
          const share = { worker, workers };
          for (let local = 0; local < shareOf(total, share); local++) {
            const global = globalNumber(local, share);
            expect(localNumber(global, share)).toBe(local);
            owned.push(global);
          }
        }
        expect(owned.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i));
      }),
      { numRuns: 40 },
    );
  });

  it('walk through the messages so that all workers together see each one once, in order of time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        workerCounts,
        fc.integer({ min: 1, max: 500 }),
        (clients, workers, messages) => {
          const seen: number[] = [];
          for (let worker = 0; worker < workers; worker++) {
            const share = { worker, workers };
            const cursor = new ShareCursor(clients, share);
            let before = -1;
            for (; cursor.index < messages; cursor.advance()) {
              expect(cursor.index).toBeGreaterThan(before);
              expect(cursor.index % clients).toBe(globalNumber(cursor.client, share));
              expect(Math.floor(cursor.index / clients)).toBe(cursor.sequence);
              before = cursor.index;
              seen.push(cursor.index);
            }
          }
          expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: messages }, (_, i) => i));
        },
      ),
    );
  });

  it('has nothing to do for a worker without clients', () => {
    expect(new ShareCursor(2, { worker: 2, workers: 3 }).index).toBe(Number.POSITIVE_INFINITY);
  });
});
