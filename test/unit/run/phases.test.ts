import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../../src/base/clock.js';
import type { Coordinator } from '../../../src/load/coordinator.js';
import { type Course, playPhases } from '../../../src/run/phases.js';
import type { PhaseMeter } from '../../../src/run/usage/phases.js';
import { closedLoop } from '../../helpers/plans.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

const later = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

/** Plays a load by hand that connects within half a second; what was asked of it, with the seconds since its begin. */
function play(course: Partial<Course>, { connected = 4, limit = undefined as number | undefined } = {}) {
  const log: string[] = [];
  const began = nowMicros();
  const seconds = (micros: number): string => ((micros - began) / 1e6).toFixed(1);
  const say = (text: string): void => void log.push(`${seconds(nowMicros())} ${text}`);
  const progress = { sent: 0, gone: 0 };
  const load = {
    state: { progress },
    leadMicros: 40_000,
    warmUp: async () => {},
    connectAll: async () => {
      say('connect');
      await later(500);
      return { connected, failed: 0 };
    },
    startPublishing: async (length?: number) => {
      say(`publish for ${length === undefined ? 'ever' : length / 1e6}`);
      return nowMicros();
    },
    stopPublishing: async (at?: number) => {
      say(`stop at ${at === undefined ? 'once' : seconds(at)}`);
      await later(((at ?? nowMicros()) - nowMicros()) / 1000);
    },
    lastSentMicros: async () => nowMicros() - 100_001,
    window: async (name: string, at: number) => {
      say(`window ${name} at ${seconds(at)}`);
      await later((at - nowMicros()) / 1000);
    },
    drain: async (micros: number) => say(`drain ${micros / 1e6}`),
  };
  const bills: string[] = [];
  const meter = { begin: async (name = 'nothing') => void bills.push(name) };
  const phases: string[] = [];
  const stop = new AbortController();
  const broken = new AbortController();
  const done = playPhases(
    {
      load: load as unknown as Coordinator,
      plans: [{ clients: 4, publish: limit === undefined ? undefined : ({ pace: closedLoop, limit } as never) }],
      meter: meter as unknown as PhaseMeter,
      lab: undefined,
      peers: async () => [],
      signal: broken.signal,
      onPhase: (phase) => phases.push(phase),
    },
    { trafficMicros: undefined, drainMicros: 3e6, windows: [], timeline: [], stop: stop.signal, ...course },
    [],
  ).then(() => say('over'));
  done.catch(() => {});
  return { log, bills, phases, progress, stop, broken, done };
}

describe('a load by hand', () => {
  it('of a known length says its end beforehand, and each part is billed apart', async () => {
    const { log, bills, phases } = play({ trafficMicros: 2e6, windows: [{ name: 'measured', fromMicros: 1e6 }] });
    await clock.pass(5_000);
    expect(log).toEqual([
      '0.0 connect',
      '0.5 publish for 2',
      '0.5 stop at 2.5',
      expect.stringMatching(/^1\.[345] window measured at 1\.5$/),
      '2.5 drain 3',
      '2.5 over',
    ]);
    expect(bills).toEqual(['connect', 'traffic', 'measured', 'drain', 'nothing']);
    expect(phases).toEqual(['connect', 'traffic', 'drain']);
  });

  it('of no length goes on until it is stopped, and still waits for what is under way', async () => {
    const { log, stop } = play({});
    await clock.pass(60_000);
    stop.abort('SIGINT');
    await clock.pass(100);
    expect(log).toEqual(['0.0 connect', '0.5 publish for ever', '60.0 stop at once', '60.0 drain 3', '60.0 over']);
  });

  it('in a closed loop with a limit ends with its last message', async () => {
    const { log, progress } = play({}, { limit: 10 });
    await clock.pass(3_000);
    progress.sent = 10;
    await clock.pass(500);
    expect(log.slice(2)).toEqual(['3.1 stop at 3.0', '3.1 drain 3', '3.1 over']);
  });

  it('all of whose clients gave up ends, and waits for nobody', async () => {
    const { log, progress } = play({ trafficMicros: 60e6 });
    await clock.pass(3_000);
    progress.gone = 4;
    await clock.pass(500);
    expect(log.slice(3)).toEqual(['3.1 stop at once', '3.1 over']);
  });

  it.each(['nobody is let in', 'it is stopped meanwhile'])('ends while it connects when %s', async (why) => {
    const isStopped = why.startsWith('it');
    const { log, stop } = play({}, { connected: isStopped ? 4 : 0 });
    await clock.pass(200);
    if (isStopped) stop.abort('SIGINT');
    await clock.pass(1_000);
    expect(log).toEqual(['0.0 connect', `${isStopped ? '0.2' : '0.5'} over`]);
  });

  it('that only listens begins nothing and waits for nothing', async () => {
    const { log, bills } = play({ trafficMicros: 2e6, onlyListens: true });
    await clock.pass(5_000);
    expect(log).toEqual(['0.0 connect', '2.5 over']);
    expect(bills).toEqual(['connect', 'traffic', 'nothing']);
  });

  it('that breaks off does nothing more', async () => {
    const { log, broken, done } = play({ trafficMicros: 60e6 });
    await clock.pass(3_000);
    broken.abort(new Error('a worker died'));
    await expect(done).rejects.toThrow('a worker died');
    await clock.pass(60_000);
    expect(log).toHaveLength(3);
  });
});

describe('a cell of a scenario', () => {
  it('takes its time, whoever is let in and whatever becomes of the clients', async () => {
    const { log, progress } = play({ trafficMicros: 2e6, stop: undefined }, { connected: 0 });
    progress.gone = 4;
    await clock.pass(5_000);
    expect(log).toEqual(['0.0 connect', '0.5 publish for 2', '0.5 stop at 2.5', '2.5 drain 3', '2.5 over']);
  });
});
