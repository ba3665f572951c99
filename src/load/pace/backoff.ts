import type { Random } from '../../base/numbers/random.js';
import type { ReconnectPlan } from '../../plan/reconnect.js';

/**
 * How long to wait before try number `attempt` (0 …). What is random keeps a fleet that was cut at once from coming back
 * at once; the policies are told in plan/reconnect.ts.
 * @param previous the wait before the try before; 0 for the first
 */
export function backoffMicros(plan: ReconnectPlan, attempt: number, previous: number, random: Random): number {
  const { policy = 'equal-jitter', firstMicros, maxMicros } = plan;
  if (policy === 'fixed') return firstMicros;
  if (policy === 'decorrelated') {
    const before = Math.max(previous, firstMicros);
    return Math.min(maxMicros, firstMicros + (before * 3 - firstMicros) * random.next());
  }
  const full = Math.min(maxMicros, firstMicros * 2 ** Math.min(attempt, 30));
  return policy === 'full-jitter' ? full * random.next() : full / 2 + (full / 2) * random.next();
}

/** The same; undefined when no further try is allowed. @param everUp after a cut, as opposed to the first connect */
export function retryMicros(
  plan: ReconnectPlan | undefined,
  { attempt, previous, everUp }: { readonly attempt: number; readonly previous: number; readonly everUp: boolean },
  random: Random,
): number | undefined {
  const tries = everUp ? plan?.tries : plan?.connectTries;
  if (plan === undefined || attempt >= (tries ?? Number.POSITIVE_INFINITY)) return undefined;
  return backoffMicros(plan, attempt, previous, random);
}
