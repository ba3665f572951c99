import { nowMicros } from '../base/clock.js';
import type { LoadPlan } from '../load/contract.js';
import type { Coordinator } from '../load/coordinator.js';
import { publishSchedule } from '../load/schedule.js';
import type { LoadFlags } from './load-flags.js';

const pollMillis = 200;

/**
 * Connect, publish or wait for as long as asked, stop, wait for what is
 * outstanding. An interrupt ends the phase it falls into; the rest still happens,
 * so that what was measured is complete.
 */
export async function playLoad(
  load: Coordinator,
  plan: LoadPlan,
  flags: LoadFlags,
  interrupt: AbortSignal,
): Promise<void> {
  const connected = await Promise.race([load.connectAll(), aborted(interrupt)]);
  if (connected === undefined || connected.connected === 0) return; // interrupted, or nobody there to go on with
  const start = plan.publish === undefined ? nowMicros() : await load.startPublishing();
  const length = lengthOf(plan, flags);
  const stopping = length !== undefined && plan.publish !== undefined ? load.stopPublishing(start + length) : undefined;
  stopping?.catch(() => {}); // the workers died: load.failed tells
  if (flags.warmup !== undefined) {
    await until(start + flags.warmup, interrupt);
    if (!interrupt.aborted) await load.window('measured');
  }
  if (length !== undefined) await until(start + length, interrupt);
  else await limitReached(load, plan, interrupt);
  if (interrupt.aborted || stopping === undefined) {
    if (plan.publish !== undefined) await load.stopPublishing();
  } else {
    await stopping;
  }
  if (plan.publish !== undefined) await load.drain(flags.linger);
}

/** Microseconds from the start of publishing to its end; undefined: nobody knows beforehand. */
function lengthOf(plan: LoadPlan, flags: LoadFlags): number | undefined {
  const { publish } = plan;
  const schedule = publishSchedule(plan);
  const byLimit =
    schedule === undefined || publish?.limit === undefined
      ? undefined
      : schedule.dueAt(publish.limit - 1) + (publish.firstWait?.maxMicros ?? 0) + 1;
  if (flags.duration === undefined) return byLimit;
  return byLimit === undefined ? flags.duration : Math.min(byLimit, flags.duration);
}

/** In a closed loop: until the limit is written. Without a limit: until the interrupt. */
async function limitReached(load: Coordinator, plan: LoadPlan, interrupt: AbortSignal): Promise<void> {
  const limit = plan.publish?.limit;
  while (!interrupt.aborted) {
    await until(nowMicros() + pollMillis * 1000, interrupt);
    if (limit !== undefined && (await load.totals()).sent >= limit) return;
  }
}

function until(atMicros: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      interrupt.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.max(0, (atMicros - nowMicros()) / 1000));
    if (interrupt.aborted) finish();
    else interrupt.addEventListener('abort', finish);
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
