import type { DistributionName, ValueName } from '../metrics/registry.js';
import type { Statistic } from '../result/types.js';
import type { Possible } from './possible.js';

/** What a number of an expectation counts; two sides must agree. */
export type ExpectUnit = 'us' | 'bytes' | 'plain';

/** Which cells a name means; what is not given is taken from the cell the comparison is about. */
export interface CellPattern {
  /** With `*` for any run of characters. */
  readonly arm?: string;
  readonly network?: string;
  readonly repeat?: number;
}

/** Where in a cell a number is found. */
export type Where =
  | { readonly kind: 'distribution'; readonly metric: DistributionName; readonly statistic: Statistic | 'count' }
  | { readonly kind: 'value'; readonly metric: ValueName }
  /** A path into one of the cell's other parts, e.g. link up packetsLost. */
  | { readonly kind: 'part'; readonly part: string; readonly path: readonly string[] };

export interface Reference {
  readonly type: 'reference';
  readonly text: string;
  readonly cells: CellPattern;
  /** One of several fleets; undefined: all clients. */
  readonly fleet?: string;
  /** A measure window or an event; undefined: the whole cell. */
  readonly window?: string;
  readonly where: Where;
  readonly unit: ExpectUnit;
}

export type Expression =
  | { readonly type: 'number'; readonly value: number; readonly unit: ExpectUnit }
  | { readonly type: 'rtt' }
  | Reference
  | {
      readonly type: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type Operator = '+' | '-' | '*' | '/';

/** Every name in it, from left to right. */
export function references(expression: Pick<Expectation, 'left' | 'right'> | Expression): Reference[] {
  if ('left' in expression) return [...references(expression.left), ...references(expression.right)];
  return 'type' in expression && expression.type === 'reference' ? [expression] : [];
}

export const comparisons = ['<=', '>=', '==', '!=', '<', '>'] as const;
export type Comparison = (typeof comparisons)[number];

export interface Expectation {
  readonly text: string;
  readonly left: Expression;
  readonly comparison: Comparison;
  readonly right: Expression;
}

/** Names of the scenario that expectations may use; without them (a flag on the command line) any name passes. */
export interface KnownNames {
  readonly arms: readonly string[];
  readonly networks: readonly string[];
  readonly windows: readonly string[];
  /** Undefined: the load is not several fleets. What each does is part of what the run does. */
  readonly fleets?: readonly { readonly name: string; readonly possible?: Possible }[] | undefined;
  /** In order of time. */
  readonly events: readonly {
    readonly name: string;
    /** It is asked what became of the clients after it. */
    readonly disturbs: boolean;
    /** Undefined: it happens in all arms. */
    readonly arms?: readonly string[];
  }[];
  /** What the run does; without it nothing is refused for never being measured. */
  readonly possible?: Possible;
}

/** What is wrong with an expectation's text. */
export class ExpectationMistake extends Error {
  /**
   * @param column from 1, in the text
   * @param absent the arm, network, window, event or number that is not there; undefined: the text itself is wrong
   */
  constructor(
    message: string,
    readonly column: number,
    readonly absent?: string,
  ) {
    super(message);
  }
}
