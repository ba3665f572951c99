import type { Doubt } from '../types.js';

/**
 * Whether a doubt spoils numbers of a fleet, or of all clients (undefined). What spoils a fleet spoils the numbers that it has
 * a part in, but for few samples: of all clients there are more, and they are judged by themselves, as each fleet is.
 */
export function isOfFleet({ code, fleet: of }: Pick<Doubt, 'code' | 'fleet'>, fleet: string | undefined): boolean {
  if (of === fleet) return true;
  return code !== 'few-samples' && (of === undefined || fleet === undefined);
}
