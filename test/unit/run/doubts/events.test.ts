import { describe, expect, it, test } from 'vitest';
import type { EventRecord } from '../../../../src/result/types.js';
import { eventDoubts, outcomeDoubts } from '../../../../src/run/doubts/events.js';
import type { PlannedCell } from '../../../../src/scenario/types.js';
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

describe('outcomes that nobody knows', () => {
  const event = (lost: number, unknown: number, atMicros: number): EventRecord => ({
    name: 'rebind',
    atMicros,
    tookMicros: 0,
    proof: {},
    metrics: { distributions: {}, values: { 'clients.lost': lost, 'clients.unknown': unknown } },
  });
  const cell = { load: { deadAfterMicros: 10e6 } } as PlannedCell;
  const codes = (one: EventRecord) =>
    outcomeDoubts({ timeline: [], trafficMicros: 10e6, drainMicros: 3e6 }, cell, [one]).map(({ code, window }) => {
      expect(window).toBe('rebind');
      return code;
    });

  it.each([
    ['all known', event(0, 0, 9e6), []],
    ['lost with time to notice', event(4, 0, 2e6), []],
    ['lost without', event(4, 0, 9e6), ['ended-too-early']],
    ['not asked', event(0, 3, 2e6), ['outcome-unknown']],
    ['not asked and without time', event(0, 3, 9e6), ['outcome-unknown', 'ended-too-early']],
  ])('%s', (_, one, expected) => {
    expect(codes(one)).toEqual(expected);
  });

  it('have not ended too early where clients gave their connections up themselves', () => {
    const cut = { ...event(4, 0, 9e6), proof: { kind: 'cut' } };
    expect(codes(cut)).toEqual([]);
    expect(codes({ ...cut, proof: { kind: 'blackout' } })).toEqual(['ended-too-early']);
  });

  it('are counted in the doubt, and none of an event that disturbs nobody', () => {
    const [doubt] = outcomeDoubts({ timeline: [], trafficMicros: 10e6, drainMicros: 3e6 }, cell, [event(0, 3, 2e6)]);
    expect(doubt?.message).toContain('3 clients after rebind');
    expect(codes({ name: 'rebind', atMicros: 9e6, proof: {} })).toEqual([]);
  });
});
