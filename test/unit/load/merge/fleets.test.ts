import { describe, expect, it } from 'vitest';
import { Fleets } from '../../../../src/load/fleets.js';
import { ledgerOf } from '../../../../src/load/merge/ledger.js';
import { expectedDeliveries } from '../../../../src/load/merge/receivers.js';
import type { TopicArrivals, WorkerReport } from '../../../../src/load/messages.js';
import { type Counts, noCounts } from '../../../../src/load/segment.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { isOfFleet } from '../../../../src/result/doubts/of-fleet.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { fc } from '../../../helpers/properties.js';
import { virtualPlan } from '../worker/virtual-fleet.js';

const fleet = (name: string, clients: number, over: Partial<LoadPlan>): LoadPlan =>
  virtualPlan({ fleet: name, clientIdPrefix: `${name}-`, clients, publish: undefined, subscribe: undefined, ...over });
const publish = (topic: string, qos: 0 | 1 | 2): Pick<LoadPlan, 'publish'> => ({
  publish: { topic, qos, payload: filler(64), pace: atRate(10), inflight: 10 },
});
const subscribe = (topic: string, qos: 0 | 1 | 2): Pick<LoadPlan, 'subscribe'> => ({ subscribe: { topic, qos } });

/** The report of a fleet's only worker. @param arrived by topic over all fleets */
function report(index: number, sent: readonly number[], arrived: readonly number[], over: object = {}): WorkerReport {
  const share = { worker: 0, workers: 1 };
  const arrivals = arrived.map((received): TopicArrivals => ({ received, duplicate: 0, disordered: 0 }));
  return {
    ...{ fleet: index, share, disconnects: 0, books: { fleet: index, share, sent, offered: sent } },
    byTopic: arrivals.map((one) => ({ ...one, offered: 0, sent: 0, acknowledged: 0 })),
    ...over,
  } as unknown as WorkerReport;
}
const counts = (sent: number, over: Partial<Counts> = {}): Counts => ({
  ...{ ...noCounts(), offered: sent, sent, acknowledged: sent },
  ...over,
});

describe('numbers over all fleets', () => {
  it('lead back to the fleet and the client in it, and to no two of them', () => {
    const sizes = fc.array(
      fc.record({ clients: fc.integer({ min: 1, max: 50 }), topics: fc.integer({ min: 1, max: 4 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(sizes, (all) => {
        const fleets = new Fleets(all.map((one, i) => fleet(`f${i}`, one.clients, { topics: one.topics })));
        const flows = new Set<number>();
        for (const [index, { plan, firstClient }] of fleets.all.entries()) {
          for (let number = 0; number < plan.clients; number++)
            expect(fleets.publisher(firstClient + number)).toEqual({ fleet: index, number });
          for (let flow = 0; flow < (plan.topics ?? 1); flow++) flows.add(fleets.flowOf({ fleet: index }, flow));
        }
        expect([...flows].sort((a, b) => a - b)).toEqual(Array.from({ length: fleets.flows }, (_, i) => i));
      }),
    );
  });
});

describe('the ledger of several fleets', () => {
  it('has a row for each QoS, and of each fleet what its subscribers miss', () => {
    const fleets = new Fleets([
      fleet('often', 2, publish('a/%i', 0)),
      fleet('surely', 1, publish('b/%i', 1)),
      fleet('all', 3, subscribe('#', 1)),
      fleet('some', 1, subscribe('b/+', 1)),
    ]);
    const reports = [
      report(0, [10, 20], [0, 0]),
      report(1, [5], [0, 0]),
      report(2, [0, 0, 0], [88, 14], { missing: [2, 1], overtaken: [0, 1] }),
      report(3, [0], [0, 5], { missing: [0, 0], overtaken: [0, 0] }),
    ];
    const all = [counts(30, { acknowledged: 0 }), counts(5), noCounts(), noCounts()];
    const { rows, missing } = ledgerOf({ fleets, reports, counts: all });
    expect(missing).toEqual([0, 0, 3, 0]);
    expect(rows).toMatchObject([
      { qos: 0, offered: 30, sent: 30, acknowledged: 0, received: 88, missing: 2, verdict: 'nothing-promised' },
      // It was kept to `some`, and broken to `all`.
      { qos: 1, offered: 5, sent: 5, acknowledged: 5, received: 19, missing: 1, verdict: 'broken' },
    ]);
    expect(
      expectedDeliveries(
        fleets,
        reports.flatMap(({ books = [] }) => books),
      ),
    ).toBe(3 * 35 + 5);
  });

  it('says that nothing was promised of what is missing, and that a promise was kept where nothing is', () => {
    const fleets = new Fleets([
      fleet('surely', 1, publish('b', 1)),
      fleet('steady', 1, subscribe('b', 1)),
      fleet('roving', 1, subscribe('b', 1)),
      fleet('careless', 1, subscribe('b', 0)),
    ]);
    const verdict = (roving: object, careless = 1) =>
      ledgerOf({
        fleets,
        counts: [counts(9), noCounts(), noCounts(), noCounts()],
        reports: [
          report(0, [9], [0]),
          report(1, [0], [9], { missing: [0], overtaken: [0] }),
          report(2, [0], [5], { missing: [4], overtaken: [0], ...roving }),
          report(3, [0], [9 - careless], { missing: [careless], overtaken: [careless] }),
        ],
      }).rows[0];
    expect(verdict({ disconnects: 1 })).toMatchObject({ missing: 5, verdict: 'nothing-promised' });
    expect(verdict({})).toMatchObject({ missing: 5, verdict: 'broken' });
    expect(verdict({ missing: [0] })).toMatchObject({ missing: 1, verdict: 'nothing-promised' });
    expect(verdict({ missing: [0] }, 0)).toMatchObject({ missing: 0, verdict: 'kept' });
  });

  it('knows of a group whose clients are in two fleets only what both miss together', () => {
    const shared = subscribe('$share/g/b', 1);
    const fleets = new Fleets([fleet('p', 1, publish('b', 1)), fleet('one', 2, shared), fleet('two', 3, shared)]);
    const reports = [report(0, [10], [0]), report(1, [0, 0], [4]), report(2, [0, 0, 0], [5])];
    const { rows, missing } = ledgerOf({ fleets, reports, counts: [counts(10), noCounts(), noCounts()] });
    expect(rows).toMatchObject([{ qos: 1, received: 9, missing: 1 }]);
    expect(missing).toEqual([0, undefined, undefined]);
    const apart = new Fleets([
      fleet('p', 1, publish('b', 1)),
      fleet('one', 2, shared),
      fleet('two', 3, subscribe('$share/h/b', 1)),
    ]);
    expect(ledgerOf({ fleets: apart, reports, counts: [counts(10), noCounts(), noCounts()] }).missing).toEqual([
      0, 6, 5,
    ]);
  });
});

describe('a doubt about a fleet', () => {
  it('spoils its numbers and those of all clients, and few samples only its own', () => {
    const spoils = (code: 'late-sends' | 'few-samples', of: string | undefined, number: string | undefined) =>
      isOfFleet({ code, fleet: of }, number);
    expect(['a', 'b', undefined].map((number) => spoils('late-sends', 'a', number))).toEqual([true, false, true]);
    expect(['a', 'b', undefined].map((number) => spoils('late-sends', undefined, number))).toEqual([true, true, true]);
    expect(['a', 'b', undefined].map((number) => spoils('few-samples', 'a', number))).toEqual([true, false, false]);
    expect(['a', 'b', undefined].map((number) => spoils('few-samples', undefined, number))).toEqual([
      false,
      false,
      true,
    ]);
  });
});
