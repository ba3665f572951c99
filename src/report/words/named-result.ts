import type { Result } from '../../result/types.js';

/** A result, and what tells it from the others that are rendered together with it: where it was read from. */
export interface NamedResult extends Result {
  readonly name?: string;
}

/** "Demo" alone; "Demo: before" among several. */
export function titleOf({ scenario, name }: NamedResult): string {
  return name === undefined ? scenario.title : `${scenario.title}: ${name}`;
}

/** The scenario's name, likewise, for forms that a program reads: results of one scenario must not look like one. */
export function scenarioOf({ scenario, name }: NamedResult): string {
  return name === undefined ? scenario.name : `${scenario.name}: ${name}`;
}
