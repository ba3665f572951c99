import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../../src/base/clock.js';
import type { LoadPlan } from '../../../src/load/contract.js';
import type { EventReport } from '../../../src/load/messages.js';
import { Outstanding } from '../../../src/load/outstanding.js';
import { Histogram } from '../../../src/metrics/histogram.js';
import type { DistributionName } from '../../../src/metrics/registry.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';
import { endFleet, startFleet, VirtualBroker, virtualPlan } from './virtual-fleet.js';

// Which event cut a client, when, and what became of it: on a virtual clock, to the millisecond. Two clients publish ten
// times a second each; acknowledgements come 30 ms later. Reconnects take their wait (50–100 ms) and 35 ms.

let clock: VirtualClock;
let broker: VirtualBroker;
let fleet: ReturnType<typeof startFleet>;
let began: number;

beforeEach(() => {
  clock = VirtualClock.start();
  broker = new VirtualBroker();
  began = nowMicros();
});
afterEach(() => endFleet(fleet, clock));

const reconnect = { firstMicros: 100_000, maxMicros: 100_000 };
async function start(over: Partial<LoadPlan> = {}): Promise<void> {
  fleet = startFleet(broker, virtualPlan({ clients: 2, subscribe: undefined, reconnect, connectRate: 1000, ...over }));
  fleet.drive.connect(nowMicros());
  await clock.until(100);
  if (fleet.worker.plan.publish !== undefined) fleet.drive.startPublishing(nowMicros());
}
const idle = { publish: undefined, keepaliveSeconds: 0 };

const mark = (name: string): void => fleet.worker.events.mark(name);
/** @param from milliseconds since the start */
const happened = (name: string, from: number, to = from, pathMillis = 0, addresses?: string[]): void => {
  const act = { beganMicros: began + from * 1000, endedMicros: began + to * 1000, ...(addresses ? { addresses } : {}) };
  fleet.worker.events.happened(name, { acts: [act], pathMicros: pathMillis * 1000 });
};
const report = (name: string): EventReport => {
  const found = fleet.worker.events.report().find((event) => event.name === name);
  if (found === undefined) throw new Error(`no event ${name}`);
  return found;
};
const outcome = (name: string): number[] => {
  const { survived, reconnected, lost, unknown } = report(name).outcome;
  return [survived, reconnected, lost, unknown];
};
/** Least and most, milliseconds. */
function spread(name: string, metric: DistributionName): number[] {
  const data = report(name).histograms[metric];
  if (data === undefined) return [];
  const histogram = new Histogram();
  histogram.addData(data);
  return [histogram.min, histogram.max].map((micros) => Math.round(micros / 1000));
}
function whole(metric: DistributionName): number {
  return fleet.worker.recorder
    .segments(nowMicros())
    .reduce((sum, { histograms }) => sum + (histograms[metric]?.count ?? 0), 0);
}

describe('an outcome belongs to its event', () => {
  it('who had to come back after a first event, and went on after a second, is told so of each', async () => {
    await start();
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    await clock.pass(5);
    broker.cut();
    await clock.until(2_000);
    mark('profile');
    happened('profile', 2_000);
    await clock.until(3_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    expect(outcome('profile')).toEqual([2, 0, 0, 0]);
    expect(spread('profile', 'reconnect.noticed')).toEqual([]);
  });

  it('who survived a first event and was lost to a second has survived the first', async () => {
    await start({ reconnect: undefined });
    await clock.until(1_000);
    mark('first');
    happened('first', 1_000);
    await clock.until(2_000);
    mark('second');
    happened('second', 2_000);
    await clock.pass(5);
    broker.cut();
    await clock.until(3_000);
    expect(outcome('first')).toEqual([2, 0, 0, 0]);
    expect(outcome('second')).toEqual([0, 0, 2, 0]);
  });

  it('who was away for an earlier reason, and is back after an event that ended nothing, is not counted for it', async () => {
    await start();
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    broker.away = true;
    broker.cut();
    await clock.until(1_500);
    mark('profile');
    happened('profile', 1_500);
    await clock.until(2_000);
    expect(outcome('profile')).toEqual([0, 0, 0, 0]); // still away because of the rebind
    broker.away = false;
    await clock.until(4_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    expect(outcome('profile')).toEqual([0, 0, 0, 0]);
  });

  it('an idle client is unknown until it is asked, and what it then says is its outcome', async () => {
    await start(idle);
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    await clock.until(60_000);
    expect(outcome('rebind')).toEqual([0, 0, 0, 2]);
    expect(fleet.worker.events.ask()).toBe(2);
    await clock.pass(10);
    expect(outcome('rebind')).toEqual([2, 0, 0, 0]);
  });

  it('an idle client whose path is dead does not answer: it is awaited, then back', async () => {
    await start(idle);
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    broker.silent = true;
    await clock.until(5_000);
    fleet.worker.events.ask();
    await clock.pass(500);
    expect(report('rebind').outcome).toMatchObject({ lost: 2, unknown: 0, awaited: 2 });
    await clock.pass(600); // deadAfter is a second
    broker.silent = false;
    await clock.pass(3_000);
    expect(report('rebind').outcome).toMatchObject({ reconnected: 2, lost: 0, awaited: 0 });
  });

  it('a byte that was on its way when the network changed proves nothing', async () => {
    broker.times.puback = 400; // a slow path: what was sent up to 400 ms before the event is answered after it
    await start();
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000, 1_000, 400);
    await clock.until(1_390);
    broker.silent = true; // heard last 390 ms after the event
    await clock.until(1_420);
    expect(outcome('rebind')[0]).toBe(0);
    await clock.until(2_700);
    broker.silent = false;
    await clock.until(5_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    const [least] = spread('rebind', 'reconnect.noticed') as [number];
    expect(least).toBeGreaterThanOrEqual(1_000); // from the event, not from the last byte or the end
  });
});

describe('a cut is counted from the event that made it', () => {
  it('however late the event was told of, to the millisecond', async () => {
    await start();
    await clock.until(1_000);
    mark('rebind'); // the order; a slow script
    await clock.until(1_300);
    await clock.pass(7);
    broker.cut(); // noticed 7 ms after the act
    await clock.until(2_000);
    happened('rebind', 1_300);
    expect(spread('rebind', 'reconnect.noticed')).toEqual([7, 7]);
    expect(whole('reconnect.noticed')).toBe(2);
    const [back] = spread('rebind', 'reconnect.connack') as [number];
    expect(back).toBeGreaterThanOrEqual(7 + 50 + 30);
    expect(back).toBeLessThanOrEqual(7 + 100 + 32);
    // From when the retry was due; a timer is up to a millisecond late.
    for (const micros of spread('rebind', 'reconnect.retry')) expect([30, 31]).toContain(micros);
  });

  it('not from a later event: who is silent since the first and given up after the second counts from the first', async () => {
    await start({ deadAfterMicros: 3e6 });
    await clock.until(1_000);
    mark('first');
    happened('first', 1_000);
    broker.silent = true;
    await clock.until(3_000);
    mark('second');
    happened('second', 3_000);
    await clock.until(5_000);
    expect(spread('second', 'reconnect.noticed')).toEqual([]);
    const [least, most] = spread('first', 'reconnect.noticed') as [number, number];
    expect(least).toBeGreaterThanOrEqual(3_000);
    expect(most).toBeLessThanOrEqual(3_300);
  });

  it('from the last byte where no event explains the silence, and then it is no event’s', async () => {
    await start();
    await clock.until(500);
    mark('early');
    happened('early', 500);
    await clock.until(1_500);
    broker.silent = true;
    await clock.until(3_000);
    expect(whole('reconnect.noticed')).toBe(2);
    expect(spread('early', 'reconnect.noticed')).toEqual([]);
    expect(outcome('early')).toEqual([2, 0, 0, 0]);
  });

  it('not at all where the peer ended the connection for reasons of its own: when it did is not known', async () => {
    await start();
    await clock.until(1_000);
    broker.cut();
    await clock.until(2_000);
    expect(whole('reconnect.noticed')).toBe(0);
    expect(whole('reconnect.connack')).toBe(2);
  });

  it('by the step that moved its own address, where clients move one after the other', async () => {
    await start({ localAddresses: ['10.0.0.1', '10.0.0.2'] });
    await clock.until(1_000);
    mark('spread');
    const step = (at: number, address: string) => ({
      beganMicros: began + at * 1000,
      endedMicros: began + at * 1000,
      addresses: [address],
    });
    await clock.until(1_605);
    broker.cut();
    const acts = [step(1_000, '10.0.0.9'), step(1_600, '10.0.0.1'), step(1_600, '10.0.0.2')];
    fleet.worker.events.happened('spread', { acts, pathMicros: 0 });
    await clock.until(2_500);
    expect(spread('spread', 'reconnect.noticed')).toEqual([5, 5]);
  });
});

describe('clients that have not noticed when measuring stops', () => {
  const stages = ['noticed', 'transport', 'connack', 'retry', 'message', 'drained'] as const;
  /** By stage: how many, and the least and most that they have lasted, milliseconds. */
  const unfinished = (name: string): Record<string, number[]> => {
    const { worker } = fleet;
    const outstanding = new Outstanding(worker.recorder, nowMicros());
    worker.events.settle();
    worker.events.unfinished(outstanding);
    const { left } = report(name);
    const inSegments = worker.recorder.segments(nowMicros(), outstanding);
    return Object.fromEntries(
      stages.flatMap((stage) => {
        const metric = `reconnect.${stage}` as const;
        const [data, whole] = [left[metric], inSegments.flatMap((segment) => segment.left?.ages[metric] ?? [])];
        expect(whole.map(({ count }) => count)).toEqual(data === undefined ? [] : [data.count]);
        return data === undefined ? [] : [[stage, [data.count, data.min / 1000, data.max / 1000].map(Math.round)]];
      }),
    );
  };

  it('have been on their way back since the event: latencies are not those of the quick ones', async () => {
    await start({ deadAfterMicros: 30e6 });
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    broker.silent = true;
    await clock.until(6_000);
    expect(outcome('rebind')).toEqual([0, 0, 2, 0]);
    const since = [2, 5_000, 5_000];
    expect(unfinished('rebind')).toEqual({
      noticed: since,
      transport: since,
      connack: since,
      message: since,
      drained: since,
    });
  });

  it('are none where clients went on, and those that noticed tell of themselves', async () => {
    await start();
    await clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    await clock.until(3_000);
    expect(unfinished('rebind')).toEqual({});
    mark('later');
    happened('later', 3_000);
    broker.away = true;
    broker.cut();
    await clock.until(6_000);
    expect(outcome('later')).toEqual([0, 0, 2, 0]);
    expect(unfinished('later')).toEqual({});
  });
});

it('a cut one after the other is the event that each client comes back from, counted from its own turn', async () => {
  await start();
  await clock.until(1_000);
  mark('cut');
  fleet.drive.cut({ atMicros: began + 1_100_000, perSecond: 2, politely: false, event: 'cut' });
  happened('cut', 1_100, 1_600);
  await clock.until(3_000);
  expect(outcome('cut')).toEqual([0, 2, 0, 0]);
  const [least, most] = spread('cut', 'reconnect.connack') as [number, number];
  expect(least).toBeGreaterThanOrEqual(30);
  expect(most).toBeLessThanOrEqual(35);
});
