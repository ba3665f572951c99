import { expect, it } from 'vitest';
import { Heap } from '../../../src/base/heap.js';
import { fc } from '../../helpers/properties.js';

it('a heap gives back what was put in by its order, also when its top changes meanwhile', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(keys, fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), (key, delays) => {
      // Equal keys by number: who came first.
      const before = (one: number, other: number): boolean =>
        (key[one] as number) < (key[other] as number) || (key[one] === key[other] && one < other);
      const heap = new Heap(key.length, before);
      for (const item of key.keys()) heap.push(item);
      for (const delay of delays) {
        key[heap.top] = (key[heap.top] as number) + delay;
        heap.sinkTop();
      }
      const inOrder = [...key.keys()].sort((one, other) => (before(one, other) ? -1 : 1));
      expect(heap.size).toBe(key.length);
      expect(key.map(() => heap.pop())).toEqual(inOrder);
      expect(heap.size).toBe(0);
    }),
  );
});

it('a heap takes as much again as was taken out', () => {
  const heap = new Heap(2, (one, other) => one < other);
  for (let round = 0; round < 3; round++) {
    heap.push(1);
    heap.push(0);
    expect([heap.pop(), heap.pop()]).toEqual([0, 1]);
  }
});
