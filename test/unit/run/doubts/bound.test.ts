import { describe, expect, it } from 'vitest';
import type { PhaseUse } from '../../../../src/result/types.js';
import { boundDoubts } from '../../../../src/run/doubts/bound.js';
import { receiveDropDoubts } from '../../../../src/run/doubts/receive-drops.js';

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

describe('a role that ran out of processor time', () => {
  it('is doubted for the phases where it did, also when the whole cell was calm', () => {
    const calm = phase('before', 60, { load: 0.1, broker: 0.1, nginx: 0.1 });
    expect(boundDoubts([calm])).toEqual([]);
    const doubts = boundDoubts([
      phase('connect', 4, { broker: 0.96 }),
      calm,
      phase('bad', 30, { broker: 0.92, nginx: 0.3 }),
    ]);
    expect(doubts).toMatchObject([
      { code: 'broker-bound', message: 'the broker used 96.0 % of a core in "connect", 92.0 % in "bad"' },
    ]);
  });

  it('is about connecting only where it was busy then and not later', () => {
    const phaseOf = (traffic: number) =>
      boundDoubts([phase('connect', 4, { broker: 0.96 }), phase('traffic', 10, { broker: traffic })])[0]?.phase;
    expect(phaseOf(0.5)).toBe('connect');
    expect(phaseOf(0.95)).toBeUndefined();
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

  it('shows in datagrams that the kernel had to drop, also while the fleet connected', () => {
    expect(receiveDropDoubts({ counters: { 'quic.receiveDrops': 0, 'quic.accepted': 5 } })).toEqual([]);
    expect(receiveDropDoubts({ counters: { 'quic.receiveDrops': 3094 } })[0]?.message).toContain('3,094 datagrams');
  });
});
