import type { Random } from '../../base/random.js';

/**
 * How long to wait before try number `attempt` (0 …): the first wait, doubled
 * every time up to the maximum, of which the upper half is random ("equal
 * jitter"), so that a fleet cut at once does not come back at once.
 */
export function backoffMicros(
  policy: { readonly firstMicros: number; readonly maxMicros: number },
  attempt: number,
  random: Random,
): number {
  const full = Math.min(policy.maxMicros, policy.firstMicros * 2 ** Math.min(attempt, 30));
  return full / 2 + (full / 2) * random.next();
}
