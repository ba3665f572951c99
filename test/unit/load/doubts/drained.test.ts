import { describe, expect, it } from 'vitest';
import { notDelivered, notDrained } from '../../../../src/load/doubts/drained.js';
import type { DoubtInput } from '../../../../src/load/doubts/input.js';
import { distributionOf } from '../../../../src/load/merge/distribution.js';
import { eventSets } from '../../../../src/load/merge/event-sets.js';
import type { LeftOperations } from '../../../../src/load/merge/merged.js';
import { Histogram } from '../../../../src/metrics/histogram.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';

function left(metric: DistributionName, done: number, unfinished: number, window?: string): LeftOperations {
  const finished = new Histogram();
  finished.recordTimes(10_000, done);
  const ages = new Histogram();
  ages.recordTimes(4_000_000, unfinished);
  const where = window === undefined ? {} : { window };
  return { metric, ...where, distribution: distributionOf(finished, ages), oldestMicros: 4_000_000 };
}

describe('operations that were not finished', () => {
  it('are doubted with their number and age, in the window they were due in, and the bounds are named', () => {
    const input = {
      reports: [],
      left: [left('publish.ack', 985, 15), left('publish.ack', 85, 15, 'blackout')],
    } as unknown as DoubtInput;
    expect(notDrained(input).map(({ metric, window, message }) => [metric, window, message])).toEqual([
      [
        'publish.ack',
        undefined,
        '15 of 1,000 publishes were not finished when measuring stopped, after up to 4.00 s: P99, P99.9 are lower bounds',
      ],
      [
        'publish.ack',
        'blackout',
        '15 of 100 publishes due in blackout were not finished when measuring stopped, after up to 4.00 s: P90, P95, P99, P99.9 are lower bounds',
      ],
    ]);
  });

  it('are no reason to wait longer or to publish less where none was ever finished, or clients were away', () => {
    const advice = (done: number, cutOff: number) =>
      notDrained({ left: [left('publish.ack', done, 15)], reports: [{ cutOff }] } as unknown as DoubtInput)[0]?.advice;
    expect(advice(985, 0)).toContain('lower the rate');
    expect(advice(0, 0)).toBe('none was ever finished: see the errors by kind, and the log of the broker');
    expect(advice(985, 3)).toBe(
      'see the errors by kind; what is due to clients that are not connected stays a lower bound',
    );
  });

  it('are doubted at each stage that they did not come past, in one sentence', () => {
    const stages = ['connect.transport', 'connect.connack', 'connect.connack.raw', 'connect.suback'] as const;
    const input = { reports: [], left: stages.map((metric, i) => left(metric, 10 + i, 2)) } as unknown as DoubtInput;
    const doubts = notDrained(input);
    expect(doubts.map(({ metric }) => metric)).toEqual(stages);
    expect(new Set(doubts.map(({ message }) => message)).size).toBe(1);
    expect(doubts[0]?.message).toContain('2 of 13 connects had not come through when measuring stopped');
    expect(doubts[0]?.advice).toContain('who gave up counts with the time until then');
    const subscribing = { reports: [], left: [left('connect.suback', 10, 2)] } as unknown as DoubtInput;
    expect(notDrained(subscribing).map(({ metric }) => metric)).toEqual(['connect.suback']);
  });

  it('are doubted at the event that the clients were on their way back from', () => {
    const data = (micros: number, times: number) => {
      const histogram = new Histogram();
      histogram.recordTimes(micros, times);
      return histogram.toData();
    };
    const outcome = { survived: 0, reconnected: 40, lost: 10, unknown: 0, awaited: 0 };
    const reports = [20, 20].map((back) => ({
      events: [
        {
          name: 'rebind',
          outcome,
          histograms: { 'reconnect.connack': data(300_000, back) },
          left: { 'reconnect.connack': data(7_000_000, 5) },
        },
      ],
    }));
    const input = { reports: [], left: eventSets(reports).left } as unknown as DoubtInput;
    expect(notDrained(input)).toMatchObject([{ code: 'not-drained', metric: 'reconnect.connack', window: 'rebind' }]);
    expect(notDrained(input)[0]?.message).toContain('10 of 50 reconnects due in rebind had not come through');
  });
});

describe('deliveries that nobody promised and that did not come', () => {
  const missing = (count: number, drained: boolean, more: LeftOperations[] = []) =>
    notDelivered({ drained, left: more, metrics: { values: { 'messages.missing': count } } } as unknown as DoubtInput);

  it('are doubted when the wait at the end was over before they came', () => {
    expect(missing(3, false)).toMatchObject([{ code: 'not-drained', metric: 'delivery.e2e' }]);
    expect(missing(0, false)).toEqual([]);
    expect(missing(3, true)).toEqual([]);
  });

  it('are not told twice where deliveries are outstanding', () => {
    expect(missing(3, false, [left('delivery.e2e', 10, 3)])).toEqual([]);
  });
});
