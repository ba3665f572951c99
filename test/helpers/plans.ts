import type { Pace, Payload } from '../../src/plan/plan.js';

// Parts of a plan that many tests have.

/** A payload of mqbench's own making. */
export const filler = (bytes: number): Extract<Payload, { kind: 'filler' }> => ({ kind: 'filler', bytes });

/** So many publishes a second over all clients. */
export const atRate = (perSecond: number, over: Partial<Omit<Extract<Pace, { kind: 'rate' }>, 'kind'>> = {}): Pace => ({
  kind: 'rate',
  perSecond,
  ...over,
});

export const closedLoop: Pace = { kind: 'closed' };
