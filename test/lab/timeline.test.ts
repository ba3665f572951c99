import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { profileNamed } from '../../src/lab/profiles.js';
import type { EventRecord, Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';
import { labMissing } from '../helpers/lab-available.js';

const scenario = `
title: Everything that can happen to the network
lab: { backend: tun, clientAddresses: 4 }
arms: [quic]
network: { rtt: [20ms] }
load:
  clients: 8
  connectRate: 100/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 200/s }
  reconnect: { first: 100ms, max: 500ms }
  deadAfter: 1s
  connectTimeout: 2s
  duration: 17s
  drain: 2s
timeline:
  - { at: 500ms, do: rebind, what: address, name: address }
  - { at: 1500ms, do: rebind, what: port, share: 50%, name: port }
  - { at: 2500ms, do: rebind, what: both, over: 500ms, name: both }
  - { at: 4s, do: return }
  - { at: 5s, do: address-change }
  - { at: 8500ms, do: flap, times: 2, down: 200ms, up: 200ms }
  - { at: 9800ms, do: udp-block, for: 400ms, name: a-while }
  - { at: 11s, do: udp-block }
  - { at: 11500ms, do: udp-open }
  - { at: 13s, do: nat, unknownFlows: drop }
  - { at: 13500ms, do: blackout, for: 300ms }
  - { at: 14500ms, do: profile, to: 4g }
  - { at: 15500ms, do: heal }
`;

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
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-timeline-'));
    try {
      const file = join(folder, 'all.yaml');
      writeFileSync(file, scenario);
      const out = join(folder, 'out');
      const outcome = await runCli(['run', file, '--out', out]);
      expect(outcome.code, outcome.stderr).toBe(0);
      const [run] = readdirSync(out);
      const result = JSON.parse(readFileSync(join(out, String(run), 'result.json'), 'utf8')) as Result;
      const [cell] = result.cells;
      expect(cell?.events.map(({ name }) => name)).toEqual(Object.keys(proofs));
      for (const event of cell?.events ?? []) {
        expect(event.proof).toMatchObject({ peersBefore: expect.anything(), peersAfter: expect.anything() });
        proofs[event.name]?.(event.proof);
      }
      // Half of the addresses moved with `share`, one after the other with `over`.
      const proofOf = (name: string) => cell?.events.find((event) => event.name === name)?.proof;
      expect(Number(proofOf('port')?.clients)).toBeLessThan(Number(proofOf('address')?.clients));
      expect(Number(proofOf('both')?.steps)).toBeGreaterThan(1);
      // The clients came back from their new addresses, and nothing was lost in all of it.
      const seen = Object.keys(proofOf('flap')?.peersAfter as object);
      expect(seen.filter((host) => !host.startsWith('198.19.'))).toEqual([]);
      expect(cell?.metrics.values['clients.lost']).toBe(0);
      expect(cell?.metrics.values['messages.missing']).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
