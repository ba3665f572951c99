import type { Random } from '../../base/random.js';
import type { LoadPlan } from '../../plan/plan.js';

type Policy = NonNullable<LoadPlan['reconnect']>;

/**
 * How long to wait before try number `attempt` (0 …): the first wait, doubled every time up to the maximum, of which the
 * upper half is random ("equal jitter"), so that a fleet cut at once does not come back at once.
 */
export function backoffMicros(policy: Policy, attempt: number, random: Random): number {
  const full = Math.min(policy.maxMicros, policy.firstMicros * 2 ** Math.min(attempt, 30));
  return full / 2 + (full / 2) * random.next();
}

/** The same; undefined when no further try is allowed. @param everUp after a cut, as opposed to the first connect */
export function retryMicros(
  policy: Policy | undefined,
  attempt: number,
  everUp: boolean,
  random: Random,
): number | undefined {
  const tries = everUp ? policy?.tries : policy?.connectTries;
  if (policy === undefined || attempt >= (tries ?? Number.POSITIVE_INFINITY)) return undefined;
  return backoffMicros(policy, attempt, random);
}
