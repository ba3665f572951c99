import type { Command, Option } from 'commander';
import { fieldsOf } from '../../lab/events/kind.js';
import { labKinds } from '../../lab/events/kinds.js';
import { eventOptions } from '../../lab/events/words.js';
import { namedProfiles } from '../../lab/profiles.js';
import { shippedScenarios } from '../../scenario/find.js';
import { places } from '../lab/lab.js';
import { loadOptions } from '../load/options/options.js';
import { pages } from '../pages.js';
import { qosOf, tlsVersionOf, versionOf, yesOrNo } from '../parsers.js';
import { formatNames } from '../report.js';

/** What a place in a command line takes. */
export interface Values {
  readonly words: readonly string[];
  /** Also, or only, paths. */
  readonly paths?: 'files' | 'folders';
}

export interface Entry {
  readonly name: string;
  readonly says: string;
}

/** What may follow the words of one command. */
export interface CompletionNode {
  /** Names of commands from below the program down: `lab event`; empty for the program. */
  readonly path: string;
  readonly commands: readonly Entry[];
  readonly options: readonly Entry[];
  /** Those of its options that the next word belongs to. */
  readonly takes: readonly string[];
  /** By where it stands: `--qos` behind this word, `#1` as first argument, `#*` as any. */
  readonly values: ReadonlyMap<string, Values>;
}

export type CompletionTable = readonly CompletionNode[];

/**
 * All that a shell has to know, from the objects that parse the command line.
 * @param shells that there is a completion for
 */
export function completionTable(program: Command, shells: readonly string[]): CompletionTable {
  return nodesOf(program, '', known(shells));
}

/** What options and arguments take where commander is not told, by their names. */
interface Known {
  readonly options: Readonly<Record<string, Values>>;
  readonly arguments: Readonly<Record<string, Values>>;
  /** Behind a word of a command that is no option, by the command's path. */
  readonly behind: Readonly<Record<string, Readonly<Record<string, Values>>>>;
}

function known(shells: readonly string[]): Known {
  const profiles = { words: [...namedProfiles().keys()] };
  return {
    options: {
      '--profile': profiles,
      '--format': { words: formatNames },
      ...Object.fromEntries(eventOptions().map(({ name, choices = [] }) => [`--${name}`, { words: choices }])),
    },
    arguments: {
      scenario: { words: shippedScenarios(), paths: 'files' },
      path: { words: [], paths: 'files' },
      place: { words: places },
      event: { words: labKinds.map(({ kind }) => kind) },
      shell: { words: shells },
    },
    behind: { 'lab event': behindEvents(profiles) },
  };
}

/** What is typed behind a kind of event: its first word, where that is one of a list. */
function behindEvents(profiles: Values): Readonly<Record<string, Values>> {
  return Object.fromEntries(
    labKinds.flatMap((kind) => {
      const first = fieldsOf(kind).find(({ isOption }) => !isOption);
      if (first?.unit === 'profile') return [[kind.kind, profiles]];
      return first?.choices ? [[kind.kind, { words: first.choices }]] : [];
    }),
  );
}

function nodesOf(command: Command, path: string, from: Known): CompletionNode[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const names = (some: readonly Option[]): Entry[] =>
    some.flatMap((option) => namesOf(option).map((name) => ({ name, says: option.description })));
  const node: CompletionNode = {
    path,
    commands: children.map((child) => ({ name: child.name(), says: child.description() })),
    options: names(options),
    takes: names(options.filter(({ required, optional }) => required || optional)).map(({ name }) => name),
    values: new Map([
      ...options.flatMap((option) => optionValues(option, from)),
      ...argumentValues(command, from),
      ...Object.entries(from.behind[path] ?? {}),
    ]),
  };
  // The command "help" of commander takes the names of the commands beside it.
  const below = children.flatMap((child) => {
    const childPath = `${path} ${child.name()}`.trim();
    return command.commands.includes(child)
      ? nodesOf(child, childPath, from)
      : [helpNode(childPath, command.commands, path === '' ? [...pages().keys()] : [])];
  });
  return [node, ...below];
}

function helpNode(path: string, commands: readonly Command[], more: readonly string[]): CompletionNode {
  const words = [...commands.map((command) => command.name()), ...more];
  return { path, commands: [], options: [], takes: [], values: new Map([['#1', { words }]]) };
}

function namesOf({ short, long }: Option): string[] {
  return [short, long].filter((name) => name !== undefined);
}

function optionValues(option: Option, from: Known): [string, Values][] {
  const values = valuesOf(option, from);
  return values === undefined ? [] : namesOf(option).map((name) => [name, values]);
}

function valuesOf(option: Option, from: Known): Values | undefined {
  if (!option.required && !option.optional) return undefined;
  if (option.argChoices !== undefined) return { words: option.argChoices };
  const row = Object.values(loadOptions).find(({ flags }) => flags === option.flags);
  const words = row?.parse === undefined ? undefined : (namesIn(row.parse) ?? ofParsers.get(row.parse));
  if (words !== undefined) return { words };
  if (/[<[]file/.test(option.flags)) return { words: [], paths: 'files' };
  if (/[<[]folder/.test(option.flags)) return { words: [], paths: 'folders' };
  return from.options[option.long ?? ''];
}

const namesIn = (parse: object): readonly string[] | undefined =>
  'names' in parse ? (parse.names as readonly string[]) : undefined;

/** Parsers that take a few texts only, with the one way of writing each that help shows. */
const ofParsers = new Map<unknown, readonly string[]>([
  [qosOf, ['0', '1', '2']],
  [versionOf, ['3', '4', '5']],
  [tlsVersionOf, ['1.2', '1.3']],
  [yesOrNo, ['true', 'false']],
]);

function argumentValues(command: Command, from: Known): [string, Values][] {
  return command.registeredArguments.flatMap((argument, index): [string, Values][] => {
    const values = from.arguments[argument.name()];
    if (values === undefined) return [];
    // Further words of an event are no further events, and further paths are paths.
    return [[argument.variadic && values.paths ? '#*' : `#${index + 1}`, values]];
  });
}
