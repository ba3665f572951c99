import { expect, test } from 'vitest';
import { eventDoubts } from '../../../../src/run/doubts/events.js';
import { around } from '../../report/made-up.js';

const record = (after: string) => ({
  name: 'rebind',
  atMicros: 1,
  proof: { kind: 'rebind', outerBefore: ['10.0.0.1'], outerAfter: [after], conntrackBefore: 3, conntrackAfter: 0 },
});

test('a rebind that left the outer addresses as they were is an event unseen', () => {
  expect(eventDoubts([record('10.0.0.2')])).toEqual([]);
  expect(eventDoubts([record('10.0.0.1')]).map((doubt) => doubt.code)).toEqual(['event-unseen']);
});

test('tells of each event the percentiles that it has too few clients for', () => {
  const metrics = { distributions: { 'reconnect.connack': around(300e3, 0.1, 12) }, values: {} };
  expect(eventDoubts([{ ...record('10.0.0.2'), name: 'rebind-2', metrics }])).toMatchObject([
    { code: 'few-samples', metric: 'reconnect.connack', window: 'rebind-2', statistics: ['p90', 'p95', 'p99', 'p999'] },
  ]);
});
