import type { rows } from './options.js';

/** The commands that make load. */
export type LoadCommand = 'conn' | 'pub' | 'sub' | 'pubsub';

type Rows = typeof rows;

/** What an option gives: what its parser returns, text, or whether it is there. */
type Value<Row extends { readonly flags: string }> = Row extends { readonly parse: (...text: never) => infer Parsed }
  ? Parsed
  : Row['flags'] extends `${string}<${string}`
    ? string
    : Row['flags'] extends `${string}[${string}`
      ? string | true
      : boolean;

/** Options that have a value whatever the user said. */
type Given = {
  [Key in keyof Rows]: Rows[Key] extends { readonly default: unknown } | { readonly flags: `--no-${string}` }
    ? Key
    : never;
}[keyof Rows];

/** What the user said, parsed: times in microseconds, sizes in bytes. */
export type LoadFlags = { -readonly [Key in Given]: Value<Rows[Key]> } & {
  -readonly [Key in Exclude<keyof Rows, Given>]?: Value<Rows[Key]>;
};
