import { expect, test } from 'vitest';
import { eventDoubts } from '../../../../src/run/doubts/events.js';

test('a rebind that left the outer addresses as they were is an event unseen', () => {
  const record = (after: string) => ({
    name: 'rebind',
    atMicros: 1,
    proof: { kind: 'rebind', outerBefore: ['10.0.0.1'], outerAfter: [after], conntrackBefore: 3, conntrackAfter: 0 },
  });
  expect(eventDoubts([record('10.0.0.2')])).toEqual([]);
  expect(eventDoubts([record('10.0.0.1')]).map((doubt) => doubt.code)).toEqual(['event-unseen']);
});
