import { describe, expect, it } from 'vitest';
import type { Doubt, PhaseUse } from '../../../../src/result/types.js';
import { boundDoubts } from '../../../../src/run/doubts/bound.js';
import { brokerDoubts } from '../../../../src/run/doubts/broker.js';

const phase = (name: string, seconds: number, cores: Record<string, number>, machineShare = 0.5): PhaseUse => ({
  name,
  durationMicros: seconds * 1e6,
  resources: Object.entries(cores).map(([role, share]) => ({
    role,
    processes: 1,
    cpuUserMicros: share * seconds * 0.75e6,
    cpuSystemMicros: share * seconds * 0.25e6,
    peakRssBytes: 0,
  })),
  machineShare,
});

/** Ten seconds of two processors, of which so much was busy and stolen. */
function onMachine(name: string, cores: Record<string, number>, { busy = 0, stolen = 0 }): PhaseUse {
  const totalMicros = 20e6;
  const ownMicros = Object.values(cores).reduce((sum, share) => sum + share * 10e6, 0);
  const of = { cores: 2, totalMicros, ownMicros, interruptMicros: 0, ioWaitMicros: 0 };
  const machine = { ...of, busyMicros: busy * totalMicros, stolenMicros: stolen * totalMicros };
  return { ...phase(name, 10, cores, busy / (1 - stolen)), machine };
}

/** Much longer than what is judged: the mean over the whole is calm. */
const calm = phase('before', 600, { load: 0.1, broker: 0.1, nginx: 0.1 }, 0.1);

describe('a role that ran out of processor time', () => {
  it('is doubted in the windows where it did, also when the whole was calm', () => {
    expect(boundDoubts([calm], ['before'])).toEqual([]);
    const phases = [phase('connect', 4, { broker: 0.96 }), calm, phase('bad', 30, { broker: 0.92, nginx: 0.3 })];
    expect(boundDoubts(phases, ['before', 'bad'])).toMatchObject([
      { code: 'broker-bound', phase: 'connect', message: 'the broker used 96.0 % of a core in "connect"' },
      { code: 'broker-bound', window: 'bad', message: 'the broker used 92.0 % of a core in "bad"' },
    ]);
  });

  it('is doubted for the whole when its mean over the traffic is too high, or in a part that is in no window', () => {
    const about = (phases: PhaseUse[], windows: string[]) =>
      boundDoubts(phases, windows).map(({ phase, window }) => phase ?? window ?? 'whole');
    const busy = (name: string, share: number): PhaseUse => phase(name, 10, { broker: share });
    expect(about([busy('connect', 0.2), busy('a', 0.99), busy('b', 0.85)], ['a', 'b'])).toEqual(['whole', 'a']);
    expect(about([busy('connect', 0.99), busy('a', 0.99), busy('b', 0.5)], ['a', 'b'])).toEqual(['connect', 'a']);
    expect(about([busy('connect', 0.96), busy('traffic', 0.95)], [])).toEqual(['connect', 'whole']);
    expect(about([busy('a', 0.3), busy('drain', 0.95)], ['a'])).toEqual(['whole']);
  });

  it('may be the generator: the busiest of its processes, whatever the others do', () => {
    const two = (busiest: number): PhaseUse => {
      const one = phase('bad', 10, { load: 1.1 });
      return { ...one, resources: one.resources.map((role) => ({ ...role, busiestMicros: busiest * 10e6 })) };
    };
    expect(boundDoubts([calm, two(0.6)], ['before', 'bad'])).toEqual([]);
    const [doubt] = boundDoubts([calm, two(0.97)], ['before', 'bad']);
    expect(doubt).toMatchObject({ code: 'generator-bound', window: 'bad' });
    expect(doubt?.message).toBe('a generator process used 97.0 % of a core in "bad"');
    // What the generator said of its traffic is not said again, but that of a window is.
    const told: Doubt[] = [{ code: 'generator-bound', message: 'used up to 97.0 % of a core' }];
    expect(boundDoubts([two(0.97)], [], told)).toEqual([]);
    expect(boundDoubts([calm, two(0.97)], ['before', 'bad'], told)).toHaveLength(1);
  });

  it('may be nginx in front of the broker, or the machine that all share', () => {
    const doubts = boundDoubts([phase('traffic', 10, { load: 0.8, broker: 0.6, nginx: 0.95 }, 0.99)]);
    expect(doubts.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'broker-bound: nginx used 95.0 % of a core in "traffic"',
      'machine-bound: everything on this machine together used 99.0 % of all its cores in "traffic"',
    ]);
  });

  it('is not judged by a moment', () => {
    expect(boundDoubts([phase('traffic', 0.1, { broker: 1 }, 1)])).toEqual([]);
  });

  it.each([
    [
      { load: 0.09, broker: 0.1 },
      'other programs used 1.8 of 2 cores, and the machine was full (100 % of all its cores) in "moved"',
      /^end the other programs/,
    ],
    [
      { load: 0.8, broker: 0.7 },
      'everything on this machine together used 100 % of all its cores (other programs used 0.5 of 2 cores of it) in "moved"',
      /^lower the rate/,
    ],
    [
      { load: 0.99, broker: 0.89 },
      'everything on this machine together used 100 % of all its cores in "moved"',
      /^lower the rate/,
    ],
  ])('%j on a full machine: says whose work it was', (cores, message, advice) => {
    const doubts = boundDoubts([calm, onMachine('moved', cores, { busy: 1 })], ['before', 'moved']).filter(
      ({ code }) => code === 'machine-bound',
    );
    expect(doubts).toMatchObject([{ window: 'moved', message, advice: expect.stringMatching(advice) }]);
  });

  it('is the machine as well when the hypervisor took what was left of it, and that is said', () => {
    const codes = (busy: number, stolen: number) =>
      boundDoubts([calm, onMachine('bad', { load: 0.5, broker: 0.6 }, { busy, stolen })], ['before', 'bad']).map(
        ({ code }) => code,
      );
    expect(codes(0.58, 0.4)).toEqual(['machine-bound', 'processor-stolen']);
    expect(codes(0.58, 0.021)).toEqual(['processor-stolen']);
    expect(codes(0.58, 0.019)).toEqual([]);
    const [, stolen] = boundDoubts([onMachine('connect', { load: 0.5 }, { busy: 0.58, stolen: 0.4 })]);
    expect(stolen).toMatchObject({
      phase: 'connect',
      message: 'the hypervisor gave 40.0 % of this machine\'s processor time to others in "connect"',
    });
  });

  it('is a container or service whose quota ran out', () => {
    const throttled = (throttled: number) => {
      const { machine, ...rest } = onMachine('bad', { load: 0.1 }, { busy: 0.1 });
      const quota = { cores: 0.2, periods: 200, throttled };
      return { ...rest, machine: machine && { ...machine, quota } };
    };
    expect(boundDoubts([calm, throttled(2)], ['before', 'bad'])).toEqual([]);
    expect(boundDoubts([calm, throttled(122)], ['before', 'bad'])).toMatchObject([
      {
        code: 'cpu-throttled',
        window: 'bad',
        message:
          'the quota of 0.2 processors that this container or service has ran out in 61.0 % of its periods in "bad"',
      },
    ]);
  });

  it('shows in datagrams that the kernel had to drop, also while the fleet connected', () => {
    expect(brokerDoubts({ counters: { 'quic.receiveDrops': 0, 'quic.accepted': 5 } })).toEqual([]);
    expect(brokerDoubts({ counters: { 'quic.receiveDrops': 3094 } })[0]?.message).toContain('3,094 datagrams');
  });
});
