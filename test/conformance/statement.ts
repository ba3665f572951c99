import type { TransportName } from '../../src/transport/contract.js';
import type { Scene } from './scene.js';

type Test = (at: Scene) => Promise<void>;

/** What the included broker does instead of what a statement asks for. */
export interface Difference {
  /** For docs/broker.md: what it does, and the reason. */
  readonly why: string;
  /** Asserts that it does this. */
  readonly test: Test;
}

/**
 * A behaviour that the specifications ask of a server, by the numbers that it has in each of them: MQTT 3.1.1 (OASIS
 * Standard, 29 October 2014) and MQTT 5.0 (7 March 2019), which count differently. The test asserts each number listed.
 */
export interface Statement {
  readonly in311?: readonly string[];
  readonly in5?: readonly string[];
  /** In our words. */
  readonly says: string;
  /** Absent: over every transport. */
  readonly over?: readonly TransportName[];
  readonly test: Test;
  /** Absent: the statement holds. */
  readonly differs?: { readonly in311?: Difference; readonly in5?: Difference };
}

export type Version = '3.1.1' | '5.0';

/** What the statement is called in a version; empty where it is not one of it. */
export function idsOf(statement: Statement, version: Version): readonly string[] {
  return (version === '3.1.1' ? statement.in311 : statement.in5) ?? [];
}

export function differenceOf({ differs }: Statement, version: Version): Difference | undefined {
  return version === '3.1.1' ? differs?.in311 : differs?.in5;
}
