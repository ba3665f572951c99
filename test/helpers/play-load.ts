import type { LoadReport } from '../../src/load/contract.js';
import { Coordinator } from '../../src/load/coordinator.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { planFor, sleep } from '../truth/plan.js';

/** Plays a load against a port of loopback: connects, publishes until the limit is reached or the time is over, and waits for the rest. */
export async function playLoad(
  port: number,
  over: Partial<LoadPlan>,
  { millis = 10_000, drainMillis = 10_000, workers = 1, during }: PlayOptions = {},
): Promise<LoadReport> {
  const load = await Coordinator.start(planFor(port, { warmupClients: 0, ...over }), { workers });
  try {
    await load.connectAll();
    await load.startPublishing();
    const ends = performance.now() + millis;
    await during?.(load);
    const limit = over.publish?.limit ?? Number.POSITIVE_INFINITY;
    while (performance.now() < ends && (await load.totals()).sent < limit) await sleep(50);
    await load.stopPublishing();
    await load.drain(drainMillis * 1000);
    return await load.collect();
  } finally {
    await load.close();
  }
}

interface PlayOptions {
  /** How long is published at most. */
  readonly millis?: number;
  /** And how long waited for what is under way. */
  readonly drainMillis?: number;
  readonly workers?: number;
  /** What happens meanwhile. */
  readonly during?: (load: Coordinator) => Promise<void>;
}
