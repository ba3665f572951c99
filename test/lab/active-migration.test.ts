import { expect, test } from 'vitest';
import { labMissing } from '../helpers/lab-available.js';
import { hostsIn, movingFleet, play } from './play-scenario.js';

const scenario = movingFleet({
  arms: 'tcp, quic',
  perSecond: 80,
  seconds: 5,
  timeline: ['at: 1s, do: address-change'],
});

const missing = labMissing();
test.skipIf(missing !== undefined)(
  `QUIC clients take their connections along to a new address, TCP clients connect again${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 60_000 },
  async () => {
    const [tcp, quic] = (await play(scenario)).cells;
    expect(tcp?.metrics.values['clients.reconnected']).toBe(8);
    expect(tcp?.counters.migrations).toBeUndefined();
    expect(quic?.metrics.values['clients.survived']).toBe(8);
    expect(quic?.metrics.values['clients.reconnected']).toBe(0);
    expect(quic?.counters).toMatchObject({ migrations: 8 });
    expect(quic?.metrics.values['messages.missing']).toBe(0);
    // The proof is an answer: at least one round trip.
    const path = quic?.metrics.distributions['migration.path'];
    expect(path?.count).toBe(8);
    expect(path?.min).toBeGreaterThanOrEqual(20_000);
    // A second later the broker sees QUIC clients elsewhere, and knows nothing yet of the others.
    expect(quic?.events[0]?.proof.peersAfter).not.toEqual(quic?.events[0]?.proof.peersBefore);
    expect(tcp?.events[0]?.proof.peersAfter).toEqual(tcp?.events[0]?.proof.peersBefore);
    for (const cell of [tcp, quic]) {
      const proof = cell?.events[0]?.proof as Record<string, unknown>;
      expect(proof.innerAfter).not.toEqual(proof.innerBefore);
      // An address that the NAT does not know any more goes nowhere; it must not reach the broker as it is.
      expect(hostsIn(proof.peersAfter).filter((host) => !host.startsWith('198.19.'))).toEqual([]);
    }
  },
);
