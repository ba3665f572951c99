import { describe, expect, it } from 'vitest';
import { nowMicros } from '../../../../src/base/clock.js';
import { Outstanding } from '../../../../src/load/worker/outstanding.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { EventScene } from './event-scene.js';

// What is known of an event too late, or not yet when measuring stops.

const scene = EventScene.forEachTest();
const { mark, happened, report, outcome, spread } = scene;

describe('a byte that came in time and is read late, by a generator that has other work', () => {
  it('proves nothing: it answers what was sent before the event', async () => {
    scene.broker.times.puback = 700; // read so late, over a path of 15 ms
    await scene.start();
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000, 1_000, 15);
    await scene.clock.until(1_690);
    scene.broker.silent = true; // read last 690 ms after the event
    await scene.clock.until(1_750);
    scene.broker.cut();
    scene.broker.silent = false;
    scene.broker.times.puback = 30;
    await scene.clock.until(3_000);
    expect(outcome('rebind')).toEqual([0, 2, 0, 0]);
    expect(spread('rebind', 'reconnect.noticed')).toEqual([750, 750]);
  });

  it('a message proves as much as its stamp: it was due after the event', async () => {
    await scene.start({
      subscribe: { topic: 'v/%c', qos: 0 },
      publish: { topic: 'v/%c', qos: 0, payload: filler(64), pace: atRate(20), inflight: 10 },
    });
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000, 1_000, 15);
    await scene.clock.until(1_300);
    scene.broker.cut();
    await scene.clock.until(3_000);
    expect(outcome('rebind')).toEqual([2, 0, 0, 0]);
  });
});

describe('clients that have not noticed when measuring stops', () => {
  const stages = ['noticed', 'transport', 'connack', 'retry', 'message', 'drained'] as const;
  /** By stage: how many, and the least and most that they have lasted, milliseconds. */
  const unfinished = (name: string): Record<string, number[]> => {
    const { worker } = scene.fleet;
    const outstanding = new Outstanding(worker.books.recorder, nowMicros());
    worker.events.settle();
    worker.events.unfinished(outstanding);
    const { left } = report(name);
    const inSegments = worker.books.recorder.segments(nowMicros(), outstanding);
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
    await scene.start({ deadAfterMicros: 30e6 });
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    scene.broker.silent = true;
    await scene.clock.until(6_000);
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
    await scene.start();
    await scene.clock.until(1_000);
    mark('rebind');
    happened('rebind', 1_000);
    await scene.clock.until(3_000);
    expect(unfinished('rebind')).toEqual({});
    mark('later');
    happened('later', 3_000);
    scene.broker.away = true;
    scene.broker.cut();
    await scene.clock.until(6_000);
    expect(outcome('later')).toEqual([0, 0, 2, 0]);
    expect(unfinished('later')).toEqual({});
  });
});
