import { describe, expect, it } from 'vitest';
import { rateOf } from '../../../src/plan/plan.js';
import { belowCapacity, searchCapacities } from '../../../src/run/search.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import type { PlannedCell, ResolvedScenario } from '../../../src/scenario/types.js';
import { cell, metricSet } from '../report/made-up.js';

const fleets = `fleets:
  - { name: sensors, clients: 30, publish: { topic: s/%i, qos: { 0: 50, 1: 50 }, rate: 300/s } }
  - { name: gateways, clients: 3, publish: { topic: g/%i, interval: 30ms } }
  - { name: dashboards, clients: 2, subscribe: { topic: '#' } }`;
const text = (search: string, list = fleets) =>
  `title: t\narms: [tcp]\nnetwork: { rtt: 1ms }\nload: { duration: 5s }\n${list}\nsearch: { ${search} }\n`;
const read = (search: string, list?: string): ResolvedScenario => readScenario(text(search, list), 'x.yaml');

/** The rates of all fleets in each run of a search on a path that holds up to 450 messages a second. */
async function searched(scenario: ResolvedScenario) {
  const tried: Record<string, number | undefined>[] = [];
  const { search } = scenario;
  if (search === undefined) throw new Error('no search');
  const ratesOf = ({ fleets: all = [] }: PlannedCell) =>
    Object.fromEntries(all.map(({ name, load }) => [name, rateOf(load)]));
  const how = {
    run: async (_: ResolvedScenario, { fleets: all = [] }: PlannedCell, rate: number) => {
      const rates = ratesOf({ fleets: all } as PlannedCell);
      tried.push({ ...rates, asked: rate });
      const sum = Object.values(rates).reduce<number>((total, one) => total + (one ?? 0), 0);
      const isHeld = sum <= 450;
      const values = (offered: number) => ({ 'rate.offered': offered, 'rate.achieved': isHeld ? offered : 0 });
      const sensors = { metrics: metricSet({}, values(rates.sensors ?? 0)), windows: {}, events: {} };
      return cell('tcp', 1000, { metrics: metricSet({}, values(sum)), fleets: { sensors } });
    },
    stopped: () => false,
    note: () => {},
  };
  const cells = planCells(scenario);
  const found = await searchCapacities(scenario, search, cells, how);
  return {
    found,
    tried,
    after: belowCapacity(cells, search, found).map(ratesOf),
    cells: belowCapacity(cells, search, found),
  };
}

describe('a search with several fleets', () => {
  const hold = "hold: ['rate.achieved > 0.9 * rate.offered']";

  it('searches the rate of all together, and each keeps its share of it', async () => {
    const { found, tried, after, cells } = await searched(read(`from: 100/s, to: 1600/s, steps: 2, ${hold}`));
    for (const { sensors = 0, gateways = 0, dashboards, asked = 0 } of tried) {
      expect(sensors + gateways).toBeCloseTo(asked);
      expect(sensors / gateways).toBeCloseTo(3);
      expect(dashboards).toBeUndefined();
    }
    expect(found).toMatchObject([{ arm: 'tcp', ratePerSecond: 400, missedPerSecond: 800 }]);
    expect(found[0]?.probes.map(({ ratePerSecond }) => ratePerSecond)).toEqual(tried.map(({ asked }) => asked));
    expect(after).toEqual([{ sensors: 240, gateways: 80, dashboards: undefined }]); // 80 % of 400
    expect(cells[0]?.load.clients).toBe(35);
  });

  it('searches the rate of one fleet, and the others keep theirs', async () => {
    const { found, tried, after } = await searched(
      read(
        "fleet: sensors, from: 100/s, to: 1600/s, steps: 2, hold: ['sensors.rate.achieved > 0.9 * sensors.rate.offered']",
      ),
    );
    expect(tried.every(({ sensors, gateways, asked }) => sensors === asked && gateways === 100)).toBe(true);
    expect(found).toMatchObject([{ ratePerSecond: 200, missedPerSecond: 400 }]); // 100 of the 450 are the gateways'
    expect(after).toEqual([{ sensors: 160, gateways: 100, dashboards: undefined }]);
  });

  it('is told before it runs', () => {
    const plain = (scenario: ResolvedScenario) => describeScenario(scenario).replace(/\s+/g, ' ');
    expect(plain(read('from: 1/s, to: 10/s'))).toContain(
      'the highest rate of all fleets together, whose rates keep their shares, between 1/s and 10/s',
    );
    expect(plain(read('fleet: gateways, from: 1/s, to: 10/s'))).toContain(
      'the highest rate of the fleet gateways between',
    );
  });

  it('is refused where no rate could be searched, with all that is wrong', () => {
    expect(() => read('fleet: sensor, from: 10/s, to: 1/s')).toThrow(
      /search\.to: must be more than from\n.*search\.fleet: no fleet is called "sensor"; there are: sensors, gateways, dashboards|search\.fleet[\s\S]*search\.to/,
    );
    expect(() => read('fleet: dashboards, from: 1/s, to: 10/s')).toThrow(/the fleet dashboards publishes nothing/);
    const closed = `${fleets}\n  - { name: fast, clients: 1, publish: { topic: f } }`;
    expect(() => read('from: 1/s, to: 10/s', closed)).toThrow(
      /the fleet fast publishes as fast as it is acknowledged: give it a rate, or say with fleet/,
    );
    expect(() => read('fleet: fast, from: 1/s, to: 10/s', closed)).not.toThrow();
    const own = 'fleets:\n  - { name: a, clients: 1, publish: { topics: [{ topic: a, interval: 1s }] } }';
    expect(() => read('from: 1/s, to: 10/s', own)).toThrow(/the topics of the fleet a have each their own/);
    expect(() => read("from: 1/s, to: 10/s, hold: ['nobody.publish.ack.p99 < 1s']")).toThrow(/search\.hold\[0\]/);
    expect(() =>
      readScenario(
        'title: t\narms: [tcp]\nnetwork: none\nload: { publish: { topic: a } }\nsearch: { fleet: a, from: 1/s, to: 9/s }\n',
        'x.yaml',
      ),
    ).toThrow(/search\.fleet: is one of several fleets, and the load is one/);
  });
});
