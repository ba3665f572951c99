import { describe, expect, it } from 'vitest';
import { globalNumber, localNumber, ShareCursor, shareOf, workersOf } from '../../../../src/load/pace/split.js';
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

describe('workers of fleets', () => {
  const fleets = fc.array(
    fc.integer({ min: 1, max: 5_000 }).map((clients) => ({ clients })),
    { minLength: 1, maxLength: 12 },
  );

  it('are one at least for each, no more than it has clients, and as many as asked for where that is possible', () => {
    fc.assert(
      fc.property(fleets, workerCounts, (all, asked) => {
        const counts = workersOf(all, asked);
        const clients = all.reduce((sum, one) => sum + one.clients, 0);
        expect(counts.every((count, i) => count >= 1 && count <= (all[i]?.clients ?? 0))).toBe(true);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(Math.max(all.length, Math.min(asked, clients)));
      }),
    );
  });

  it('go where a worker has most clients', () => {
    const of = (asked: number, ...clients: number[]) =>
      workersOf(
        clients.map((count) => ({ clients: count })),
        asked,
      );
    expect(of(4, 1_000)).toEqual([4]);
    expect(of(1, 1_000, 10)).toEqual([1, 1]);
    expect(of(4, 1_000, 10)).toEqual([3, 1]);
    expect(of(6, 900, 300, 5)).toEqual([4, 1, 1]);
    expect(of(5, 3)).toEqual([3]);
  });
});
