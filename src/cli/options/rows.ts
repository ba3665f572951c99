import { Argument, type Command, Option } from 'commander';
import { MqbenchError } from '../../base/errors.js';

/**
 * Makes a value of the text behind an option. `words` are all the texts that it takes, or the likely ones: shells complete
 * them.
 * @param before what it made of the same option given before, where it may be given again
 */
export type Parse<T = unknown> = ((text: string, before?: never) => T) & { readonly words?: readonly string[] };

/** An option as commander takes it. Undefined as parser: the text as it is, or a flag. Times are microseconds. */
export type Written = readonly [flags: string, says: string, parse?: Parse | undefined, usual?: unknown];

/** One option of the command line. Parsing, the type of what it gives, help, completion and docs/cli.md come from its row. */
export interface OptionRow {
  /** As commander writes it: `-c, --count <n>`. */
  readonly flags: string;
  readonly says: string;
  readonly parse: Parse | undefined;
  /** What it is when it is not given; undefined: it is not there. */
  readonly usual: unknown;
  /** Heading in the help. */
  readonly group: string | undefined;
  /** Commands that have it; undefined: all. */
  readonly only: readonly string[] | undefined;
}

export type OptionRows = Readonly<Record<string, OptionRow>>;

export interface RowOf<From extends Written> extends OptionRow {
  readonly flags: From[0];
  readonly parse: From[2];
  readonly usual: From[3];
}

/** Instead of a usual value: the option has to be given. */
export const mandatory = Symbol('mandatory');

type Rows<From extends Readonly<Record<string, Written>>> = { readonly [Name in keyof From]: RowOf<From[Name]> };

/** Rows by the names under which commander gives their values: those of the long flags. */
export const rows = <const From extends Readonly<Record<string, Written>>>(from: From): Rows<From> =>
  group(undefined, undefined, from);

/** The same under a heading, for some commands only. */
export function group<const From extends Readonly<Record<string, Written>>>(
  heading: string | undefined,
  only: readonly string[] | undefined,
  from: From,
): Rows<From> {
  const made = Object.entries(from).map(([name, [flags, says, parse, usual]]) => {
    return [name, { flags, says, parse, usual, group: heading, only }];
  });
  return Object.fromEntries(made);
}

/** What an option gives: what its parser returns, text, or whether it is there. */
type Value<Row extends OptionRow> =
  | (Row['parse'] extends (...text: never) => infer Parsed ? Parsed : Row['flags'] extends Taking ? string : boolean)
  | (Row['flags'] extends `${string}<${string}` ? never : Row['flags'] extends `${string}[${string}` ? true : never);
type Taking = `${string}${'<' | '['}${string}`;

/** Options that have a value whatever the user said. */
type Given<Rows extends OptionRows> = {
  [Name in keyof Rows]: Rows[Name]['usual'] extends undefined
    ? Rows[Name]['flags'] extends `--no-${string}`
      ? Name
      : never
    : Name;
}[keyof Rows];

/** What the user said, parsed. */
export type FlagsOf<Rows extends OptionRows> = { -readonly [Name in Given<Rows>]: Value<Rows[Name]> } & {
  -readonly [Name in Exclude<keyof Rows, Given<Rows>>]?: Value<Rows[Name]>;
};

/** Adds the options that the command of that name has. */
export function addOptions(command: Command, from: OptionRows): Command {
  for (const { flags, says, parse, usual, group, only } of Object.values(from)) {
    if (only !== undefined && !only.includes(command.name())) continue;
    const option = new Option(flags, says);
    if (group !== undefined) option.helpGroup(`${group}:`);
    if (parse !== undefined) option.argParser(named(optionNames(flags), parse));
    if (usual === mandatory) option.makeOptionMandatory();
    else if (usual !== undefined) option.default(usual, shown(flags, usual));
    command.addOption(option);
  }
  return command;
}

/** An argument whose texts are told as those of options are. */
export const argument = (name: string, says: string, parse: Parse): Argument =>
  new Argument(name, says).argParser(named(name, parse));

/** A parser that tells with every text that it does not take what the text stands behind. */
function named(names: string, parse: Parse) {
  const tell = (text: string, before: unknown): unknown => {
    try {
      return parse(text, before as never);
    } catch (error) {
      if (!(error instanceof MqbenchError)) throw error;
      const { code, message, hint, exitCode, cause } = error;
      throw new MqbenchError(code, `${names}: ${message}`, { hint, exitCode, cause });
    }
  };
  return Object.assign(tell, { words: parse.words });
}

/** The names of an option without what it takes: `-c, --count`. */
export const optionNames = (flags: string): string => flags.replace(/ [<[].*$/, '');

/** The name that is written on the command line for one that commander gives. */
export const dashed = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Help shows times and lists as a person would write them. */
function shown(flags: string, value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(',');
  if (!flags.includes('<time>') || typeof value !== 'number') return undefined;
  return value >= 1e6 ? `${value / 1e6}s` : `${value / 1e3}ms`;
}
