import { sumOf } from '../base/numbers/sum.js';
import type { LoadPlan } from '../plan/plan.js';
import type { Fleets } from './fleets.js';
import type { StartOrder } from './messages.js';
import { planFor } from './pace/split.js';
import type { Post } from './team.js';

/** What a worker is told of its fleet, and of the others. */
export function orderFor(
  { plans, subscribes }: Fleets,
  { fleet, share }: Post,
): Pick<StartOrder, 'plan' | 'share' | 'cell'> {
  const plan = planFor(plans[fleet] as LoadPlan, share, subscribes);
  if (plans.length === 1) return { plan, share };
  const all = plans.map((one, i) => (i === fleet ? plan : planFor(one, undefined, subscribes)));
  return { plan, share, cell: { plans: all, fleet } };
}

/** Clients of all fleets take the addresses in turn: the first of a fleet goes on where those before it have ended. */
export function withOwnAddresses(plan: LoadPlan, before: readonly LoadPlan[]): LoadPlan {
  const first = sumOf(before, ({ clients }) => clients);
  return first === 0 ? plan : { ...plan, localAddresses: turned(plan.localAddresses, first) };
}

/** A list that begins at another of its entries. */
export function turned<T>(list: readonly T[], by: number): T[] {
  const from = by % Math.max(1, list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}
