import { createHash } from 'node:crypto';
import type { LoadPlan } from '../plan/plan.js';

/**
 * By what both sides recognise that they speak of the same load: two of one version that differ in a default, or plans that were
 * changed on their way, have another.
 */
export function sumOfPlans(plans: readonly LoadPlan[]): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(plans)))
    .digest('hex');
}

/** With the fields of every object in one order; what is undefined is not there, as in JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}
