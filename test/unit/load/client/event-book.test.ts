import { describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';
import { EventScene } from './event-scene.js';

// Which event cut a client, when, and what became of it.

const scene = EventScene.forEachTest();
const { mark, happened, report, outcome, spread } = scene;
const idle = { publish: undefined, keepaliveSeconds: 0 };
function whole(metric: DistributionName): number {
  return scene.fleet.worker.books.recorder
    .segments(nowMicros())
    .reduce((sum, { histograms }) => sum + (histograms[metric]?.count ?? 0), 0);
}

describe('an outcome belongs to its event', () => {
  it('who had to come back after a first event, and went on after a second, is told so of each', async () => {
    await scene.start();
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    await scene.clock.pass(5);
    scene.broker.cut();
    await scene.clock.until(2_000);
    mark('profile');
    happened('profile', 2_000);
    await scene.clock.until(3_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    expect(outcome('profile')).toEqual([2, 0, 0, 0]);
    expect(spread('profile', 'reconnect.noticed')).toEqual([]);
  });

  it('who left because its stay was over, before anybody could tell, is not counted', async () => {
    const churn = { stayMicros: 2e6, awayMicros: 100_000, politely: true };
    await scene.start({ ...idle, churn });
    await scene.clock.until(1_900);
    mark('rebind');
    happened('rebind', 1_900);
    await scene.clock.until(3_000);
    expect(scene.fleet.worker.books.tally.counters.toRecord()['connections.left']).toBe(2);
    expect(outcome('rebind')).toEqual([0, 0, 0, 0]);
  });

  it('who survived a first event and was lost to a second has survived the first', async () => {
    await scene.start({ reconnect: undefined });
    await scene.clock.until(1_000);
    mark('first');
    happened('first', 1_000);
    await scene.clock.until(2_000);
    mark('second');
    happened('second', 2_000);
    await scene.clock.pass(5);
    scene.broker.cut();
    await scene.clock.until(3_000);
    expect(outcome('first')).toEqual([2, 0, 0, 0]);
    expect(outcome('second')).toEqual([0, 0, 2, 0]);
  });

  it('who was away for an earlier reason, and is back after an event that ended nothing, is not counted for it', async () => {
    await scene.start();
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    scene.broker.away = true;
    scene.broker.cut();
    await scene.clock.until(1_500);
    mark('profile');
    happened('profile', 1_500);
    await scene.clock.until(2_000);
    expect(outcome('profile')).toEqual([0, 0, 0, 0]); // still away because of the rebind
    scene.broker.away = false;
    await scene.clock.until(4_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    expect(outcome('profile')).toEqual([0, 0, 0, 0]);
  });

  it('an idle client is unknown until it is asked, and what it then says is its outcome', async () => {
    await scene.start(idle);
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    await scene.clock.until(60_000);
    expect(outcome('rebind')).toEqual([0, 0, 0, 2]);
    expect(scene.fleet.worker.events.ask()).toBe(2);
    await scene.clock.pass(10);
    expect(outcome('rebind')).toEqual([2, 0, 0, 0]);
  });

  it('an idle client whose path is dead does not answer: it is awaited, then back', async () => {
    await scene.start(idle);
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    scene.broker.silent = true;
    await scene.clock.until(5_000);
    scene.fleet.worker.events.ask();
    await scene.clock.pass(500);
    expect(report('rebind').outcome).toMatchObject({ lost: 2, unknown: 0, awaited: 2 });
    await scene.clock.pass(600); // deadAfter is a second
    scene.broker.silent = false;
    await scene.clock.pass(3_000);
    expect(report('rebind').outcome).toMatchObject({ reconnected: 2, lost: 0, awaited: 0 });
  });

  it('a byte that was on its way when the network changed proves nothing', async () => {
    scene.broker.times.puback = 400; // a slow path: what was sent up to 400 ms before the event is answered after it
    await scene.start();
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000, 1_000, 400);
    await scene.clock.until(1_390);
    scene.broker.silent = true; // heard last 390 ms after the event
    await scene.clock.until(1_420);
    expect(outcome('rebind')[0]).toBe(0);
    await scene.clock.until(2_700);
    scene.broker.silent = false;
    await scene.clock.until(5_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    const [least] = spread('rebind', 'reconnect.noticed') as [number];
    expect(least).toBeGreaterThanOrEqual(1_000); // from the event, not from the last byte or the end
  });
});

describe('a cut is counted from the event that made it', () => {
  it('however late the event was told of, to the millisecond', async () => {
    await scene.start();
    await scene.clock.until(1_000);
    mark('rebind'); // the order; a slow script
    await scene.clock.until(1_300);
    await scene.clock.pass(7);
    scene.broker.cut(); // noticed 7 ms after the act
    await scene.clock.until(2_000);
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
    await scene.start({ deadAfterMicros: 3e6 });
    await scene.clock.until(1_000);
    mark('first');
    happened('first', 1_000);
    scene.broker.silent = true;
    await scene.clock.until(3_000);
    mark('second');
    happened('second', 3_000);
    await scene.clock.until(5_000);
    expect(spread('second', 'reconnect.noticed')).toEqual([]);
    const [least, most] = spread('first', 'reconnect.noticed') as [number, number];
    expect(least).toBeGreaterThanOrEqual(3_000);
    expect(most).toBeLessThanOrEqual(3_300);
  });

  it('from the last byte where no event explains the silence, and then it is no event’s', async () => {
    await scene.start();
    await scene.clock.until(500);
    mark('early');
    happened('early', 500);
    await scene.clock.until(1_500);
    scene.broker.silent = true;
    await scene.clock.until(3_000);
    expect(whole('reconnect.noticed')).toBe(2);
    expect(spread('early', 'reconnect.noticed')).toEqual([]);
    expect(outcome('early')).toEqual([2, 0, 0, 0]);
  });

  it('not at all where the peer ended the connection for reasons of its own: when it did is not known', async () => {
    await scene.start();
    await scene.clock.until(1_000);
    scene.broker.cut();
    await scene.clock.until(2_000);
    expect(whole('reconnect.noticed')).toBe(0);
    expect(whole('reconnect.connack')).toBe(2);
  });

  it('by the step that moved its own address, where clients move one after the other', async () => {
    await scene.start({ localAddresses: ['10.0.0.1', '10.0.0.2'] });
    await scene.clock.until(1_000);
    mark('spread');
    const step = (at: number, address: string) => ({
      beganMicros: scene.began + at * 1000,
      endedMicros: scene.began + at * 1000,
      addresses: [address],
    });
    await scene.clock.until(1_605);
    scene.broker.cut();
    const acts = [step(1_000, '10.0.0.9'), step(1_600, '10.0.0.1'), step(1_600, '10.0.0.2')];
    scene.fleet.worker.events.happened('spread', { acts, pathMicros: 0 });
    await scene.clock.until(2_500);
    expect(spread('spread', 'reconnect.noticed')).toEqual([5, 5]);
  });
});

it('a cut one after the other is the event that each client comes back from, counted from its own turn', async () => {
  await scene.start();
  await scene.clock.until(1_000);
  mark('cut');
  scene.fleet.loop.cut({ atMicros: scene.began + 1_100_000, perSecond: 2, politely: false, event: 'cut' });
  happened('cut', 1_100, 1_600);
  await scene.clock.until(3_000);
  expect(outcome('cut')).toEqual([0, 2, 0, 0]);
  const [least, most] = spread('cut', 'reconnect.connack') as [number, number];
  expect(least).toBeGreaterThanOrEqual(30);
  expect(most).toBeLessThanOrEqual(35);
});
