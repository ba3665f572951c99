import { describe, expect, test } from 'vitest';
import { overratedRttDoubts } from '../../../../src/run/doubts/network.js';
import { counters } from './counters.js';

describe('what the QUIC library makes of losses is flagged', () => {
  const codes = (transport: 'quic' | 'tcp', congestionControl: 'cubic' | 'reno' | 'bbr', packetsLost: number) =>
    overratedRttDoubts({ transport, congestionControl }, counters({ packetsLost })).map(({ code }) => code);

  test('for QUIC with cubic or reno where packets were lost', () => {
    expect(codes('quic', 'cubic', 20)).toEqual(['quic-overrated-rtt']);
    expect(codes('quic', 'reno', 20)).toEqual(['quic-overrated-rtt']);
  });

  test('not for bbr, other transports, or next to no loss', () => {
    expect([codes('quic', 'bbr', 20), codes('tcp', 'cubic', 20), codes('quic', 'cubic', 1)]).toEqual([[], [], []]);
  });
});
