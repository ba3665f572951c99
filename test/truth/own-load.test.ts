import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';
import { entryPath, spawnHere } from '../../src/base/process/child.js';
import { RoleHandle } from '../../src/base/process/role.js';
import type { CollectOrder, WorkerReport } from '../../src/load/messages.js';
import type { ProcessorUse } from '../../src/metrics/resources.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { atRate } from '../helpers/plans.js';
import { DelayingServer } from './delaying-server.js';
import { planFor, sleep } from './plan.js';

// The generator is judged by what the operating system says that its process used, whatever this machine gave it.

const seconds = 2;
let directory: string;
let server: DelayingServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mqbench-own-load-'));
  server = await DelayingServer.open({ delayMillis: 0 });
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await server.close();
});

/** A hook that burns so much processor time for every message. */
function burning(micros: number): string {
  const file = join(directory, `burn-${micros}.mjs`);
  writeFileSync(
    file,
    `export default () => {
      const spent = () => { const { user, system } = process.cpuUsage(); return user + system; };
      const until = spent() + ${micros};
      while (spent() < until);
      return 'x';
    };`,
  );
  return file;
}

/** One worker through connecting and publishing; the end of publishing is ordered right after its start, as scenarios do. */
async function worked(publish: Partial<LoadPlan['publish'] & object>): Promise<{ said: number; used: number }> {
  const base = planFor(server.port, { clients: 10 });
  const plan = { ...base, publish: { ...(base.publish as NonNullable<LoadPlan['publish']>), ...publish } };
  const worker = RoleHandle.start(
    'load worker',
    entryPath(new URL('../../src/load/worker/x.ts', import.meta.url).href, './entry.js'),
    spawnHere,
  );
  try {
    const cpu = async (): Promise<{ micros: number; at: number }> => {
      const use = await worker.call<ProcessorUse>('processorUse', null);
      return { micros: use.cpuUserMicros + use.cpuSystemMicros, at: nowMicros() };
    };
    await worker.call('start', { plan, share: { worker: 0, workers: 1 }, run: 1, epochMicros: nowMicros() });
    const start = nowMicros() + 20_000;
    await worker.call('connect', { atMicros: start, deadlineMicros: start + 5e6 });
    const from = await cpu();
    const publishStart = nowMicros();
    await worker.call('startPublishing', { atMicros: publishStart });
    await worker.call('stopPublishing', { atMicros: publishStart + seconds * 1e6 });
    await sleep(seconds * 1000 + 5);
    const to = await cpu();
    const order: CollectOrder = { books: [] };
    const report = await worker.call<WorkerReport>('collect', order);
    await worker.call('stop', { politely: false });
    return { said: report.busyShare.traffic, used: (to.micros - from.micros) / (to.at - from.at) };
  } finally {
    await worker.end();
  }
}

describe('the share of a core that a worker says it used for its traffic', () => {
  it('is that of the whole time of publishing when the generator burns a core, though its end was ordered at once', async () => {
    const { said, used } = await worked({
      pace: atRate(400),
      payload: { kind: 'hook', file: burning(5_000), timeoutMicros: 10e6 },
    }); // twice what a core can do
    expect(Math.abs(said - used)).toBeLessThan(0.15);
    expect(said).toBeGreaterThan(0); // what that is of a core depends on who else wants it
  });

  it('is small when it does little', async () => {
    const { said, used } = await worked({ pace: atRate(20) });
    expect(Math.abs(said - used)).toBeLessThan(0.15);
    expect(said).toBeGreaterThan(0);
    expect(said).toBeLessThan(0.5);
  });
});
