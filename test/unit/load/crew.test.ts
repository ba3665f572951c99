import { afterEach, beforeEach, expect, it } from 'vitest';
import { Coordinator } from '../../../src/load/coordinator.js';
import type { Crew } from '../../../src/load/crew.js';
import type { ProgressEvent, StartOrder } from '../../../src/load/messages.js';
import { noCounts } from '../../../src/load/segment.js';
import { Histogram } from '../../../src/metrics/histogram.js';
import { type Given, ScriptedRole } from '../../helpers/scripted-agents.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';
import { virtualPlan } from './worker/virtual-fleet.js';

let clock: VirtualClock;
let roles: ScriptedRole[];
let lose: (workers: readonly number[]) => void;
let load: Coordinator;

/** Three workers elsewhere, each of which has used 1 s of a processor, and a second more with each question. */
const crew: Crew = {
  size: 3,
  leadMicros: 500_000,
  staff: (workers) => {
    roles = Array.from(
      { length: workers },
      (_, i) => new ScriptedRole(i, ({ worker, method }) => answerOf(worker, method)),
    );
    return roles;
  },
  onLost: (listener) => {
    lose = listener;
  },
};

let questions = 0;
function answerOf(worker: number, method: string): unknown {
  if (method === 'standing')
    return {
      fleet: 0,
      counts: { ...noCounts(), sent: 10 + worker },
      inFlight: 0,
      waiting: 0,
      connected: 2,
      gone: 0,
      lastSentMicros: 0,
    };
  if (method !== 'processorUse') return null;
  return { cpuUserMicros: ++questions * 1e6, cpuSystemMicros: 0, peakRssBytes: 1, contextSwitches: 1 };
}

const none = new Histogram().toData();
const progressOf = (step: number, connectedNow: number): Omit<ProgressEvent, 'worker'> => ({
  ...{ step, connectedNow, connectedLeast: connectedNow, cut: 0, gone: 0, failed: 0, inFlight: 0, lateSends: 0 },
  ...{ counts: { ...noCounts(), sent: 5 }, ack: none, e2e: none, connack: none },
});

beforeEach(async () => {
  clock = VirtualClock.start();
  questions = 0;
  load = await Coordinator.start(virtualPlan({ clients: 7, warmupClients: 0 }), { crew });
});
afterEach(() => clock.stop());

it('a crew has the places that worker processes would have, and orders as early as it needs them', async () => {
  const shares = roles.map(({ given }) => ((given[0] as Given).params as StartOrder).share);
  expect(shares).toEqual([0, 1, 2].map((worker) => ({ worker, workers: 3 })));
  const before = performance.now();
  const starting = load.startPublishing();
  await clock.pass(10);
  await starting;
  const { given } = roles[0] as ScriptedRole;
  const { atMicros } = (given.at(-1) as Given).params as { atMicros: number };
  const { epochMicros } = (given[0] as Given).params as StartOrder;
  expect((atMicros - epochMicros) / 1000).toBeGreaterThanOrEqual(500);
  expect(performance.now() - before).toBeLessThan(20);
});

it('a worker that the load goes on without is asked nothing, and what it had used and sent stays', async () => {
  expect((await load.processorUse()).map(({ cpuUserMicros }) => cpuUserMicros)).toEqual([1e6, 2e6, 3e6]);
  for (const [i, role] of roles.entries()) role.tell('progress', progressOf(0, i + 1));
  expect(load.state.progress).toMatchObject({ connected: 6, sent: 15 });
  const asked = roles[1]?.given.length;
  lose([1]);
  expect(await load.totals()).toMatchObject({ sent: 10 + 12 });
  expect((await load.processorUse()).map(({ cpuUserMicros }) => cpuUserMicros)).toEqual([4e6, 2e6, 5e6]);
  expect(roles[1]?.given.length).toBe(asked);
  // Its clients are gone, and what it has told is not; steps close without it.
  roles[0]?.tell('progress', progressOf(1, 1));
  roles[1]?.tell('progress', progressOf(1, 2));
  roles[2]?.tell('progress', progressOf(1, 3));
  expect(load.state.progress).toMatchObject({ connected: 4, sent: 25 });
});

it('an answer that a worker still owed when it was lost is not waited for', async () => {
  let fail: (error: Error) => void = () => {};
  const role = roles[1] as ScriptedRole;
  role.call = () =>
    new Promise((_, reject) => {
      fail = reject;
    });
  const asking = load.totals();
  lose([1]);
  fail(new Error('the agent is lost'));
  expect(await asking).toMatchObject({ sent: 10 + 12 });
});

it('and one that fails without being lost fails the question', async () => {
  const role = roles[1] as ScriptedRole;
  role.call = () => Promise.reject(new Error('it died'));
  await expect(load.totals()).rejects.toThrow('it died');
});
