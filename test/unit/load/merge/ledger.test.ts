import { describe, expect, it } from 'vitest';
import { Fleets } from '../../../../src/load/fleets.js';
import { ledgerOf } from '../../../../src/load/merge/ledger.js';
import { expectedDeliveries } from '../../../../src/load/merge/receivers.js';
import type { WorkerReport } from '../../../../src/load/messages.js';
import { type Counts, noCounts } from '../../../../src/load/segment.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { atRate, filler } from '../../../helpers/plans.js';

function plan(publish: string, subscribe: string, over: Partial<LoadPlan> = {}): LoadPlan {
  return {
    target: { transport: 'tcp', hosts: [{ host: '127.0.0.1', port: 1883 }] },
    clients: 4,
    localAddresses: [],
    clientIdPrefix: 'c',
    mqttVersion: 4,
    keepaliveSeconds: 60,
    clean: true,
    connectRate: 100,
    dialTimeoutMicros: 1e6,
    subscribe: { topic: subscribe, qos: 1 },
    publish: { topic: publish, qos: 1, payload: filler(64), pace: atRate(1), inflight: 1 },
    deadAfterMicros: 1e6,
    seed: 1,
    ...over,
  };
}

/** Two workers with two clients each. */
function reports(sent: [number, number, number, number], disconnects = 0): WorkerReport[] {
  return [0, 1].map((worker) => ({
    fleet: 0,
    share: { worker, workers: 2 },
    books: {
      fleet: 0,
      share: { worker, workers: 2 },
      offered: [sent[worker], sent[worker + 2]],
      sent: [sent[worker], sent[worker + 2]],
    },
    disconnects,
  })) as unknown as WorkerReport[];
}

const rowOf = (p: LoadPlan, reports: WorkerReport[], counts: Counts, drained?: boolean) =>
  ledgerOf({ fleets: new Fleets([p]), reports, counts: [counts], drained }).rows[0];

describe('deliveries that subscriptions promise', () => {
  it.each([
    ['t/%c', 't/%c', 10, 'own topic'],
    ['t/%c', 't/#', 40, 'fan-in: everybody hears everybody'],
    ['t', 't', 40, 'fan-out'],
    ['t/%i/x', 't/+/x', 40, 'one level'],
    ['t', '$share/g/t', 10, 'a shared group gets one copy'],
    ['t/%c', '$share/g/t/#', 10, 'a shared group with a wildcard'],
    ['t/%c', '$share/g%i/t/#', 40, 'four groups, four copies'],
    ['t/%c', 'other/%c', 0, 'nobody listens'],
    ['t/%c', 't/%c', 40, 'overlapping filters of one client: one copy per client', ['t/+', 't/#']],
    ['t/%c', 't/%c', 40, 'an own topic within a fan-in', ['t/#']],
  ] as [string, string, number, string, string[]?][])('%s to %s: %i (%s)', (publish, topic, deliveries, _, further) => {
    const subscribe = { topic, qos: 1 as const, ...(further === undefined ? {} : { further }) };
    expect(
      expectedDeliveries(
        new Fleets([plan(publish, topic, { subscribe })]),
        reports([1, 2, 3, 4]).flatMap(({ books = [] }) => books),
      ),
    ).toBe(deliveries);
  });
});

describe('ledger', () => {
  const counts = (over: object) => ({ ...noCounts(), offered: 10, sent: 10, acknowledged: 10, received: 10, ...over });
  const verdict = (over: object, p = plan('t/%c', 't/%c'), r = reports([1, 2, 3, 4])) => rowOf(p, r, counts(over));

  it('is kept when everything arrived', () => {
    expect(verdict({})).toMatchObject({ qos: 1, missing: 0, verdict: 'kept' });
  });

  it('is broken when an acknowledged message is missing', () => {
    expect(verdict({ received: 9 })).toMatchObject({ missing: 1, verdict: 'broken' });
  });

  it('goes by what each subscriber misses, where they know: what came too often makes up for nothing', () => {
    const known = reports([1, 2, 3, 4]).map((report) => ({ ...report, missing: [1] }));
    expect(rowOf(plan('t/%c', 't/%c'), known, counts({ received: 12 }))).toMatchObject({ missing: 2 });
  });

  it('is not broken by a message that was never acknowledged', () => {
    expect(verdict({ received: 9, acknowledged: 9 })).toMatchObject({ missing: 1, verdict: 'kept' });
  });

  it('promises nothing across a cut without a persistent session, and everything with one', () => {
    expect(verdict({ received: 9 }, undefined, reports([1, 2, 3, 4], 1))?.verdict).toBe('nothing-promised');
    const persistent = plan('t/%c', 't/%c', { clean: false });
    expect(verdict({ received: 9 }, persistent, reports([1, 2, 3, 4], 1))?.verdict).toBe('broken');
  });

  it('promises nothing for QoS 0 on either side', () => {
    const lower = plan('t/%c', 't/%c', { subscribe: { topic: 't/%c', qos: 0 } });
    expect(verdict({ received: 3 }, lower)).toMatchObject({ missing: 7, verdict: 'nothing-promised' });
  });

  it('takes a duplicate for a broken promise under QoS 2 only', () => {
    expect(verdict({ duplicate: 1 })?.verdict).toBe('kept');
    const exactlyOnce = plan('t/%c', 't/%c', {
      subscribe: { topic: 't/%c', qos: 2 },
      publish: { topic: 't/%c', qos: 2, payload: filler(64), pace: atRate(1), inflight: 1 },
    });
    expect(verdict({ duplicate: 1 }, exactlyOnce)?.verdict).toBe('broken');
  });

  it('promises nothing where nothing was acknowledged', () => {
    expect(verdict({ received: 7, acknowledged: 0 })?.verdict).toBe('nothing-promised');
    expect(verdict({ received: 0, acknowledged: 0 })?.verdict).toBe('nothing-promised');
  });

  it('promises nothing to who never was subscribed', () => {
    const partly = reports([1, 2, 3, 4]).map((report) => ({ ...report, neverSubscribed: 1 }));
    expect(verdict({ received: 9 }, undefined, partly)?.verdict).toBe('nothing-promised');
  });

  const ofBooks = (missing: number, overtaken: number, received: number) => {
    const books = reports([1, 2, 3, 4]).map((report, i) =>
      i === 0 ? { ...report, missing: [missing], overtaken: [overtaken] } : { ...report, missing: [0], overtaken: [0] },
    );
    return rowOf(plan('t/%c', 't/%c'), books, counts({ received }), false)?.verdict;
  };

  it('is not settled while what is missing may still come', () => {
    expect(ofBooks(3, 0, 7)).toBe('not-settled');
  });

  it('is broken, however short the wait, when a later message has overtaken what is missing', () => {
    expect(ofBooks(3, 1, 7)).toBe('broken');
  });

  it('is broken when nothing of all that was acknowledged came', () => {
    expect(ofBooks(10, 0, 0)).toBe('broken');
  });

  it('promises nothing of shared subscriptions to who may not know them: before MQTT 5', () => {
    const filters = [
      plan('t/%c', '$share/g/t/#'),
      plan('t/%c', 'other', { subscribe: { topic: 'other', qos: 1, further: ['$share/g/t/#'] } }),
    ];
    for (const shared of filters) {
      expect(verdict({ received: 0 }, shared)?.verdict).toBe('nothing-promised');
      expect(verdict({ received: 1 }, shared)?.verdict).toBe('broken');
      expect(verdict({ received: 0 }, { ...shared, mqttVersion: 5 })?.verdict).toBe('broken');
    }
  });

  it('has no data without a subscriber', () => {
    expect(verdict({}, plan('t', 't', { subscribe: undefined }))?.verdict).toBe('no-data');
  });
});
