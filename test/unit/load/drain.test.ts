import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Coordinator } from '../../../src/load/coordinator.js';
import { Fleets } from '../../../src/load/fleets.js';
import type { Standing } from '../../../src/load/messages.js';
import { noCounts } from '../../../src/load/segment.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';
import { virtualPlan } from './worker/virtual-fleet.js';

let clock: VirtualClock;
let load: Coordinator;
/** What the workers answer when they are asked how they stand. */
let standing: (worker: number, millis: number) => Standing;
/** The orders that worker 0 got. */
let orders: string[];

/** The process of a worker that answers every order at once, and is none. */
class FakeWorker extends EventEmitter {
  connected = true;

  constructor(private readonly number: number) {
    super();
  }

  send(order: { id: number; method: string }): boolean {
    if (this.number === 0) orders.push(order.method);
    const books = { fleet: 0, share: { worker: this.number, workers: 2 }, offered: [10, 10], sent: [10, 10] };
    const result =
      order.method === 'standing' ? standing(this.number, clock.millis) : order.method === 'books' ? books : null;
    setTimeout(() => this.emit('message', { id: order.id, result }), 1);
    return true;
  }

  disconnect(): void {
    this.connected = false;
    setTimeout(() => this.emit('exit', 0, null), 1);
  }
}

const answer = (of: Partial<Standing['counts']>, more: Partial<Standing> = {}): Standing => ({
  fleet: 0,
  counts: { ...noCounts(), ...of },
  inFlight: 0,
  waiting: 0,
  connected: 2,
  gone: 0,
  lastSentMicros: 0,
  ...more,
});

beforeEach(async () => {
  clock = VirtualClock.start();
  orders = [];
  let started = 0;
  const spawn = () => new FakeWorker(started++) as unknown as ChildProcess;
  // 20/s for 2 s, each message to its own publisher: 40 offered, written, acknowledged and received, 20 by each worker.
  const starting = Coordinator.start(virtualPlan({ warmupClients: 0 }), { workers: 2, spawn });
  await clock.pass(10);
  load = await starting;
  const publishing = load.startPublishing();
  await clock.pass(10);
  const stopping = publishing.then((start) => load.stopPublishing(start + 2e6));
  await clock.until(2_500);
  await stopping;
});
afterEach(async () => {
  const closing = load.close();
  await clock.pass(5_000);
  await closing;
  clock.stop();
});

/** @returns whether everything came, and how long that took, in virtual milliseconds */
async function drain(timeoutMillis: number): Promise<{ done: boolean; took: number }> {
  const began = clock.millis;
  const draining = load.drain(timeoutMillis * 1000).then((done) => ({ done, took: Math.round(clock.millis - began) }));
  await clock.pass(timeoutMillis + 1_000);
  return draining;
}

const all = { offered: 20, sent: 20, acknowledged: 20, received: 20 };

describe('draining', () => {
  it('ends at once when nothing is missing', async () => {
    standing = () => answer(all);
    expect(await drain(5_000)).toEqual({ done: true, took: expect.closeTo(1, -1) });
  });

  it.each<[string, Partial<Standing['counts']>, Partial<Standing>]>([
    ['an acknowledgement is still under way', { acknowledged: 19 }, { inFlight: 1 }],
    ['a message is not written yet', { sent: 19 }, { waiting: 1 }],
    ['a message was not even offered, because its worker is behind', { offered: 19, sent: 19, received: 19 }, {}],
    ['a subscriber has not got all that was written', { received: 19 }, {}],
  ])('waits while %s at one worker, and ends soon after', async (_, counts, more) => {
    standing = (worker, millis) => (worker === 1 && millis < 3_000 ? answer({ ...all, ...counts }, more) : answer(all));
    const began = clock.millis;
    const { done, took } = await drain(5_000);
    expect(done).toBe(true);
    expect(began + took).toBeGreaterThanOrEqual(3_000);
    expect(began + took).toBeLessThan(3_100);
  });

  it('waits for every subscriber that a message is for', async () => {
    // All four clients hear all forty messages.
    const plan = virtualPlan({ warmupClients: 0, subscribe: { topic: 'v/#', qos: 1 } });
    Object.assign(load, { fleets: new Fleets([plan]) });
    standing = (_, millis) => answer({ ...all, received: millis < 3_000 ? 79 : 80 });
    const began = clock.millis;
    const { done, took } = await drain(5_000);
    expect(done).toBe(true);
    expect(began + took).toBeGreaterThanOrEqual(3_000);
  });

  it('gives up after its time and says so, never before', async () => {
    standing = () => answer({ ...all, received: 19 });
    const { done, took } = await drain(1_500);
    expect(done).toBe(false);
    expect(took).toBeGreaterThanOrEqual(1_500);
    expect(took).toBeLessThan(1_600);
  });

  it('with no time to wait looks once', async () => {
    standing = () => answer({ ...all, received: 19 });
    expect(await drain(0)).toEqual({ done: false, took: 2 });
    expect(orders.filter((order) => order === 'standing')).toHaveLength(1);
  });

  it('comes after the orders to start and to stop', async () => {
    standing = () => answer(all);
    await drain(1_000);
    expect(orders).toEqual(['start', 'startPublishing', 'stopPublishing', 'standing', 'books']);
  });
});
