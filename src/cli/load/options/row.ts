import type { LoadCommand } from './flags.js';

/** The names of an option without what it takes: `-c, --count`. */
export const optionNames = (flags: string): string => flags.replace(/ [<[].*$/, '');

/** One option of the command line; help, parsing and docs/cli.md come from this. */
export interface OptionRow {
  /** As commander writes it: `-c, --count <n>`. */
  readonly flags: string;
  readonly group:
    | 'target'
    | 'clients'
    | 'security'
    | 'websocket'
    | 'MQTT 5'
    | 'will'
    | 'messages'
    | 'QUIC'
    | 'churn'
    | 'run';
  readonly says: string;
  /** Commands that have it; undefined: all. */
  readonly only?: readonly LoadCommand[];
  /** Undefined: a flag, or text as it is. */
  readonly parse?: (text: string, before?: unknown) => unknown;
  readonly default?: unknown;
}
