import type { LinkProfile } from '../../../../src/lab/contract.js';
import type { DirectionDraws, Stretch } from '../../../../src/lab/reading.js';
import type { LinkPhase } from '../../../../src/run/usage/phases.js';

/** A part of a cell in which the link was asked for one thing upwards, and counted this. */
export function linkPhase(name: string, up: LinkProfile['up'], draws: DirectionDraws = {}): LinkPhase {
  return { name, stretches: [stretch(up, draws)] };
}

export function stretch(up: LinkProfile['up'], draws: DirectionDraws = {}): Stretch {
  return { profile: { up, down: {} }, up: draws, down: {} };
}
