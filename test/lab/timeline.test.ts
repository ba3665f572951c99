import { expect, test } from 'vitest';
import { profileNamed } from '../../src/lab/profiles.js';
import type { EventRecord } from '../../src/result/types.js';
import { labMissing } from '../helpers/lab-available.js';
import { hostsIn, movingFleet, play } from './play-scenario.js';

/** Everything that can happen to the network. */
const scenario = movingFleet({
  arms: 'quic',
  backend: 'tun',
  perSecond: 200,
  seconds: 17,
  // What a busy machine takes seconds for is late: neither a subscription that was never answered, nor a dead connection,
  // whose end would take a clean session and what was on its way to it along. After the first outage quiche overrates the
  // round trip; then its probes are seconds apart, and may fall into one outage after the other until there is none any more.
  connectTimeout: '6s',
  deadAfter: '20s',
  drain: '15s',
  timeline: [
    'at: 500ms, do: rebind, what: address, name: address',
    'at: 1500ms, do: rebind, what: port, share: 50%, name: port',
    'at: 2500ms, do: rebind, what: both, over: 500ms, name: both',
    'at: 4s, do: return',
    'at: 5s, do: address-change',
    'at: 8500ms, do: flap, times: 2, down: 200ms, up: 200ms',
    'at: 9800ms, do: udp-block, for: 400ms, name: a-while',
    'at: 11s, do: udp-block',
    'at: 11500ms, do: udp-open',
    'at: 13s, do: nat, unknownFlows: drop',
    'at: 13500ms, do: blackout, for: 300ms',
    'at: 14500ms, do: profile, to: 4g',
    'at: 15500ms, do: heal',
  ],
});

type Proof = EventRecord['proof'];

/** What each event must have changed; everything is read from the link, the NAT and the broker, not from the scenario. */
const proofs: Record<string, (proof: Proof) => void> = {
  address: moved,
  port: moved,
  both: moved,
  return: moved,
  'address-change': (proof) => expect((proof.innerAfter as string[]).length).toBeGreaterThan(0),
  flap: (proof) => expect(Number(proof.lostUp) + Number(proof.lostDown)).toBeGreaterThan(0),
  'a-while': (proof) => expect(proof).toMatchObject({ udp: 'open again' }),
  'udp-block': (proof) => expect(proof).toMatchObject({ udp: 'blocked' }),
  'udp-open': (proof) => expect(Number(proof.dropped)).toBeGreaterThan(0),
  nat: (proof) => expect(proof).toMatchObject({ unknownFlows: 'drop' }),
  blackout: (proof) => expect(Number(proof.lostUp) + Number(proof.lostDown)).toBeGreaterThan(0),
  profile: (proof) => {
    const { up, down } = profileNamed('4g');
    expect(JSON.parse(String(proof.profile))).toMatchObject({ up, down });
  },
  heal: (proof) => expect(JSON.parse(String(proof.profile))).toMatchObject({ up: { delayMicros: 10_000 } }),
};

function moved(proof: Proof): void {
  expect(Number(proof.clients)).toBeGreaterThan(0);
  expect(proof.outerAfter).not.toEqual(proof.outerBefore);
}

const missing = labMissing();
test.skipIf(missing !== undefined)(
  `a scenario plays every event of the lab, each with its proof${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 90_000 },
  async () => {
    const [cell] = (await play(scenario)).cells;
    expect(cell?.events.map(({ name }) => name)).toEqual(Object.keys(proofs));
    for (const event of cell?.events ?? []) {
      expect(event.proof).toMatchObject({ peersBefore: expect.anything(), peersAfter: expect.anything() });
      // Clients came back from their new addresses, and no packet left the NAT untranslated.
      expect(hostsIn(event.proof.peersAfter).filter((host) => !host.startsWith('198.19.'))).toEqual([]);
      proofs[event.name]?.(event.proof);
    }
    // Half of the addresses moved with `share`, one after the other with `over`.
    const proofOf = (name: string) => cell?.events.find((event) => event.name === name)?.proof;
    expect(Number(proofOf('port')?.clients)).toBeLessThan(Number(proofOf('address')?.clients));
    expect(Number(proofOf('both')?.steps)).toBeGreaterThan(1);
    // Nothing was lost in all of it.
    const calm = ['udp-open', 'nat', 'heal'];
    for (const { name, metrics } of cell?.events ?? []) {
      expect([name, metrics?.values['clients.lost']]).toEqual([name, calm.includes(name) ? undefined : 0]);
    }
    const { values, distributions } = cell?.metrics ?? {};
    const reconnects = distributions?.['reconnect.connack']?.count ?? 0;
    expect({ missing: values?.['messages.missing'], reconnects }).toEqual({ missing: 0, reconnects: 0 });
  },
);
