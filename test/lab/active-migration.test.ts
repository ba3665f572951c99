import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readResult } from '../../src/result/read.js';
import { runCli } from '../helpers/cli.js';
import { labMissing } from '../helpers/lab-available.js';

const scenario = `
title: The clients' own addresses change
lab: { clientAddresses: 4 }
arms: [tcp, quic]
network: { rtt: [20ms] }
load:
  clients: 8
  connectRate: 100/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 80/s }
  reconnect: { first: 100ms, max: 500ms }
  deadAfter: 1s
  connectTimeout: 2s
  duration: 5s
  drain: 2s
timeline:
  - { at: 1s, do: address-change }
`;

const missing = labMissing();
test.skipIf(missing !== undefined)(
  `QUIC clients take their connections along to a new address, TCP clients connect again${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-move-'));
    try {
      const out = join(folder, 'out');
      writeFileSync(join(folder, 'move.yaml'), scenario);
      const { code, stdout, stderr } = await runCli(['run', join(folder, 'move.yaml'), '--out', out]);
      expect(code, stdout + stderr).toBe(0);
      const [tcp, quic] = (await readResult(join(out, String(readdirSync(out)[0])))).cells;
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
      // What both ends saw: the clients' addresses, and where the broker saw them.
      const proof = quic?.events[0]?.proof as Record<string, unknown>;
      expect(proof.innerAfter).not.toEqual(proof.innerBefore);
      expect(proof.peersAfter).not.toEqual(proof.peersBefore);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
