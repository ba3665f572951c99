import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { toolPath } from '../../src/lab/tools.js';
import { labMissing } from '../helpers/lab-available.js';
import { play } from './play-scenario.js';

const heldUpMicros = 300_000;
/**
 * So long every call of `nft` waits: what led to it is over then. A busy machine would otherwise be busy with that while the
 * clients notice, and only where the call was not held up.
 */
const settledMicros = 100_000;
const firstMicros = 1e6;
/** After this all clients are back, also where the rebind before was held up; where a machine stands still not all are. */
const gapMicros = 1.6e6;
const clients = 50;

const missing = labMissing();
test.skipIf(missing !== undefined)(
  `a NAT script that is held up by 300 ms moves the event and not how long clients took to notice it${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 90_000 },
  async () => {
    const means = await noticedWithEveryOtherHeldUp();
    expect(means.prompt.length, JSON.stringify(means)).toBeGreaterThanOrEqual(2);
    expect(means.heldUp.length, JSON.stringify(means)).toBeGreaterThanOrEqual(2);
    // A busy machine only ever adds: of each kind those count that it added least to. By as much as these differ among
    // themselves the kinds may differ, too: that is the machine's.
    const [prompt, heldUp] = [leastTwo(means.prompt), leastTwo(means.heldUp)];
    const apart = Math.max(range(prompt), range(heldUp));
    const shift = Math.abs(mean(heldUp) - mean(prompt));
    expect(shift, JSON.stringify(means)).toBeLessThan(2_000 + apart);
    expect(apart, JSON.stringify(means)).toBeLessThan(heldUpMicros / 3); // else what is looked for might hide in it
  },
);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const leastTwo = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b).slice(0, 2);
const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/**
 * Mean time to notice, microseconds, of each of eight rebinds, for every other of which `nft` waits before it acts. One that
 * found less than half of the clients, since the others were not back yet, is none: the mean of few is of their turns to publish.
 */
async function noticedWithEveryOtherHeldUp(): Promise<{ prompt: number[]; heldUp: number[] }> {
  const { cells } = await withSlowNft(() =>
    play(`
title: Rebinds, every other held up
arms: [tcp]
network: { rtt: 10ms }
load:
  clients: ${clients}
  connectRate: 100/s
  publish: { topic: 'e/%c', qos: 1, payload: 64, rate: 1000/s }
  reconnect: { first: 100ms, max: 200ms }
  deadAfter: 1s
  duration: 13s
timeline: [{ at: ${firstMicros / 1e3}ms, do: rebind, every: ${gapMicros / 1e3}ms }]
`),
  );
  const means: { prompt: number[]; heldUp: number[] } = { prompt: [], heldUp: [] };
  for (const [i, { atMicros, metrics }] of (cells[0]?.events ?? []).entries()) {
    const found = metrics?.distributions['reconnect.noticed'];
    if (found === undefined || found.count < clients / 2) continue;
    const lateMicros = atMicros - (firstMicros + i * gapMicros);
    means[lateMicros < settledMicros + heldUpMicros ? 'prompt' : 'heldUp'].push(found.mean);
  }
  return means;
}

/** While it runs every call of `nft` waits, and every other 300 ms longer. */
async function withSlowNft<T>(run: () => Promise<T>): Promise<T> {
  const nft = execFileSync('which', ['nft'], { encoding: 'utf8', env: { PATH: toolPath() } }).trim();
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-slow-'));
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  writeFileSync(
    join(folder, 'nft'),
    `#!/bin/sh\necho >> ${calls}\n[ $(($(wc -l < ${calls}) % 2)) = 1 ] || sleep ${heldUpMicros / 1e6}\nsleep ${settledMicros / 1e6}\nexec ${nft} "$@"\n`,
  );
  chmodSync(join(folder, 'nft'), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}${delimiter}${before}`;
  try {
    return await run();
  } finally {
    process.env.PATH = before;
    rmSync(folder, { recursive: true, force: true });
  }
}
