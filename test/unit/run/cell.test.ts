import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MqbenchError } from '../../../src/base/errors.js';
import { runCell } from '../../../src/run/cell.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

// The order in which a cell does things, told by stand-ins for what it puts together. What those do is tested elsewhere,
// with real processes (test/cli/run.test.ts, test/lab).

const told = vi.hoisted(() => ({
  log: [] as string[],
  fails: new Map<string, Error>(),
  hangs: new Set<string>(),
  brokerCounts: new Map<string, number>(),
  /** What the load says of itself in another way than it does as a rule. */
  otherwise: {} as object,
  /** Ends the broker's process. */
  killBroker: (_error: Error): void => {},
}));

/** Everything that is called on it is noted; what needs an answer has one. */
function standIn(name: string, answers: Record<string, unknown> = {}): unknown {
  const never = new Promise<never>(() => {});
  return new Proxy(
    { failed: never, ...answers },
    {
      get(target, key) {
        if (typeof key !== 'string' || key === 'then') return undefined;
        const known = (target as Record<string, unknown>)[key];
        if (known !== undefined && typeof known !== 'function') return known;
        return async (...args: unknown[]) => {
          const step = `${name}.${key}`;
          if (key !== 'processorUse' && key !== 'reading' && key !== 'onProgress') told.log.push(step);
          const error = told.fails.get(step);
          if (error !== undefined) throw error;
          if (told.hangs.has(step)) return never;
          return typeof known === 'function' ? known(...args) : undefined;
        };
      },
    },
  );
}

const use = { cpuUserMicros: 0, cpuSystemMicros: 0, peakRssBytes: 0, contextSwitches: 0 };
const later = (millis: number) => () => new Promise((resolve) => setTimeout(resolve, millis));

/** What the load says of itself. */
function reported(sent: number) {
  return {
    metrics: { distributions: {}, values: { 'messages.sent': sent } },
    windows: {},
    events: {},
    ledger: [
      { qos: 1, offered: sent, sent, resent: 0, acknowledged: 0, received: 0, missing: sent, verdict: 'broken' },
    ],
    errors: [],
    addresses: [],
    counters: {},
    doubts: [{ code: 'few-samples', message: 'few' }],
    timeline: { stepMicros: 200_000, series: {} },
    resources: { role: 'load', processes: 1, ...use },
    ...told.otherwise,
  };
}

vi.mock('../../../src/lab/lab.js', () => ({
  openLab: async () => {
    told.log.push('lab.open');
    if (told.fails.has('lab.open')) throw told.fails.get('lab.open');
    const counters = { up: { packetsIn: 9, bytesIn: 9 }, down: { packetsIn: 9, bytesIn: 9 } };
    return standIn('lab', {
      backend: 'tun',
      serverAddress: '10.0.0.1',
      clientAddresses: [],
      description: {},
      calibrate: () => ({ packets: 9, lost: 0, rttP50Micros: 20_000, rttP95Micros: 20_000, reordered: 0 }),
      reading: () => ({ counters, stretches: [] }),
      event: () => ({
        facts: {},
        atMicros: 0,
        tookMicros: 0,
        acts: [{ beganMicros: 0, endedMicros: 0 }],
        pathMicros: 0,
      }),
      close: () => [],
    });
  },
}));
vi.mock('../../../src/broker/process.js', () => ({
  startBroker: async () => {
    told.log.push('broker.start');
    if (told.fails.has('broker.start')) throw told.fails.get('broker.start');
    return standIn('broker', {
      failed: new Promise((_, reject) => {
        told.killBroker = reject;
      }),
      ready: { addresses: { tcp: { host: '10.0.0.1', port: 1883 } }, ca: '' },
      processorUse: () => use,
      stats: () => ({ ...use, counters: Object.fromEntries(told.brokerCounts), loopDelayP99Micros: 0 }),
      peers: () => [],
    });
  },
}));
vi.mock('../../../src/load/coordinator.js', async () => {
  const { nowMicros } = await import('../../../src/base/clock.js');
  return {
    Coordinator: {
      start: async () => {
        told.log.push('load.start');
        if (told.fails.has('load.start')) throw told.fails.get('load.start');
        return standIn('load', {
          connectAll: async () => {
            await later(500)();
            return { connected: 4, failed: 0 };
          },
          connectedNow: () => 4,
          leadMicros: 40_000,
          startPublishing: () => nowMicros() + 40_000,
          stopPublishing: async (at: number) => later((at - nowMicros()) / 1000)(),
          drain: () => true,
          processorUse: () => [use],
          collect: () => reported(40),
          salvage: () => reported(20),
        });
      },
    },
  };
});

const scenario = readScenario(
  `title: t
arms: [tcp]
network: { rtt: [20ms] }
load: { clients: 4, publish: { topic: a, rate: 20 }, duration: 2s, drain: 1s }
timeline: [{ at: 1s, do: rebind }]
`,
  'x.yaml',
);
const [planned] = planCells(scenario);

let clock: VirtualClock;
beforeEach(() => {
  told.log.length = 0;
  told.fails.clear();
  told.hangs.clear();
  told.brokerCounts.clear();
  told.otherwise = {};
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

/** Runs the cell; after so many milliseconds Ctrl-C comes, or something else happens. */
async function run(happensAfter?: number, happens?: () => void) {
  const stop = new AbortController();
  const phases: string[] = [];
  const running = runCell(scenario, planned as NonNullable<typeof planned>, {
    workers: 1,
    signal: stop.signal,
    onPhase: (phase) => phases.push(phase),
    onLoad: () => {},
    onLab: () => {},
    keepLog: async () => {},
  });
  if (happensAfter !== undefined) {
    await clock.pass(happensAfter);
    if (happens) happens();
    else stop.abort(new Error('Ctrl-C'));
  }
  await clock.pass(10_000);
  return { cell: await running, phases };
}

const tearDown = ['load.close', 'broker.close', 'lab.close'];
const begun = ['lab.open', 'lab.calibrate', 'lab.networkOf', 'broker.start', 'load.start'];

describe('a cell', () => {
  it('is played in its order, and everything is closed in the opposite one', async () => {
    const { cell, phases } = await run();
    expect(cell.error).toBeUndefined();
    expect(cell.status).toBe('finished');
    expect(phases).toEqual(['network', 'broker', 'connect', 'traffic', 'drain', 'collect']);
    const milestones = [...begun, 'load.warmUp', 'load.connectAll', 'load.startPublishing', 'load.stopPublishing'];
    expect(told.log.slice(0, milestones.length)).toEqual(milestones);
    const rest = told.log.slice(milestones.length);
    expect(rest).toContain('lab.event');
    expect(rest.indexOf('lab.event')).toBeLessThan(rest.indexOf('load.drain'));
    expect(rest.slice(rest.indexOf('load.drain'))).toEqual([
      'load.drain',
      'load.connectedNow',
      'broker.stats',
      'load.collect',
      ...tearDown,
    ]);
    expect(cell.metrics.values['messages.sent']).toBe(40);
  });

  it('whose broker dropped messages for sessions that were away says so', async () => {
    told.brokerCounts.set('mqtt.droppedForAway', 3);
    const { cell } = await run();
    expect(cell.counters['broker.mqtt.droppedForAway']).toBe(3);
    expect(cell.doubts).toContainEqual(expect.objectContaining({ code: 'away-dropped', metric: 'messages.missing' }));
  });

  it('in which everybody was refused has no doubts of what is not there', async () => {
    told.brokerCounts.set('mqtt.droppedForAway', 3).set('quic.receiveDrops', 7);
    const doubts = (await run()).cell.doubts.map(({ code }) => code);
    expect(doubts).toEqual(expect.arrayContaining(['away-dropped', 'receive-drops']));
    const missing = { code: 'clients-missing', message: '0 of 4 clients connected' };
    told.otherwise = {
      metrics: { distributions: {}, values: { 'clients.connected': 0 } },
      errors: [{ code: 'MQB_REFUSED', message: 'nobody listens on that port', count: 4 }],
      doubts: [missing],
    };
    expect((await run()).cell.doubts).toEqual([missing]);
  });

  it('tells of losses after its own event that it brought them about, in the result itself', async () => {
    told.otherwise = {
      events: { rebind: { distributions: {}, values: {} } },
      errors: [
        { code: 'MQB_LOST', message: 'reset', hint: 'look at its log', count: 4 },
        { code: 'MQB_SILENT', message: 'nothing came', count: 1 },
        { code: 'MQB_ACK_TWICE', message: 'twice', hint: 'mend the broker', count: 1 },
      ],
    };
    expect((await run()).cell.errors.map(({ hint }) => hint)).toEqual([
      'this run’s own rebind ends connections so; of any others: look at its log',
      'this run’s own rebind ends connections so',
      'mend the broker',
    ]);
  });

  it.each([
    ['lab.open', []],
    ['lab.calibrate', ['lab.close']],
    ['broker.start', ['lab.close']],
    ['load.start', ['broker.close', 'lab.close']],
    ['load.warmUp', tearDown],
    ['load.connectAll', tearDown],
    ['load.startPublishing', tearDown],
    ['lab.event', tearDown],
    ['load.drain', tearDown],
    ['load.collect', tearDown],
  ])('that fails at %s has failed with its error, and what was there is closed', async (step, closed) => {
    told.fails.set(step, new MqbenchError('MQB_TEST', 'it broke', { hint: 'mend it' }));
    const { cell } = await run();
    expect(cell.status).toBe('failed');
    expect(cell.error).toEqual({ code: 'MQB_TEST', message: 'it broke', hint: 'mend it' });
    expect(told.log.filter((entry) => entry.endsWith('.close'))).toEqual(closed);
  });

  it('that this machine lacks something for is unsupported, which is no failure', async () => {
    told.fails.set('broker.start', new MqbenchError('MQB_UNSUPPORTED', 'no such thing here'));
    const { cell } = await run();
    expect(cell.status).toBe('unsupported');
  });

  it.each([300, 1_500])('that is interrupted after %i ms ends then, and is closed', async (millis) => {
    const { cell } = await run(millis);
    expect(cell.status).toBe('interrupted');
    expect(cell.durationMicros).toBeLessThan((millis + 50) * 1000);
    expect(told.log.filter((entry) => entry.endsWith('.close'))).toEqual(tearDown);
    expect(told.log).not.toContain('load.collect');
  });

  it('whose broker dies keeps what was measured until then, and says that it is a part', async () => {
    const dies = new MqbenchError('MQB_ROLE_DIED', 'the broker process ended unexpectedly (SIGKILL)');
    const { cell } = await run(1_500, () => told.killBroker(dies));
    expect(cell.status).toBe('failed');
    expect(cell.error?.message).toContain('the broker process ended');
    expect(cell.durationMicros).toBeLessThan(2e6);
    expect(cell.metrics.values['messages.sent']).toBe(20);
    expect(cell.ledger.map(({ verdict }) => verdict)).toEqual(['no-data']); // nobody waited for what was under way
    expect(cell.doubts.map(({ code }) => code)).toEqual(['partial']);
    expect(cell.resources.map(({ role }) => role)).toEqual(['load', 'broker']);
    expect(told.log.filter((entry) => entry.endsWith('.close'))).toEqual(tearDown);
  });

  it('that is interrupted keeps what was measured until then', async () => {
    const { cell } = await run(1_500);
    expect(cell.metrics.values['messages.sent']).toBe(20);
    expect(cell.doubts.map(({ code }) => code)).toEqual(['partial']);
  });

  it('does not wait for a broker that says nothing any more', async () => {
    told.hangs.add('broker.stats');
    const { cell } = await run(1_500);
    expect(cell.metrics.values['messages.sent']).toBe(20);
    expect(cell.durationMicros).toBeLessThan(3e6);
    expect(cell.resources.map(({ role }) => role)).toEqual(['load']);
  });

  it('whose clean-up fails is finished, with a doubt', async () => {
    told.fails.set('broker.close', new Error('it will not go'));
    const { cell } = await run();
    expect(cell.status).toBe('finished');
    expect(cell.doubts).toContainEqual({ code: 'teardown-failed', message: 'broker: it will not go' });
    expect(told.log.slice(-3)).toEqual(tearDown);
  });
});
