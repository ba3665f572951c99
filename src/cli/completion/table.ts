import type { Command, Option } from 'commander';
import { fieldsOf } from '../../lab/events/kind.js';
import { labKinds } from '../../lab/events/kinds.js';
import { namedProfiles } from '../../lab/profiles.js';
import { shippedScenarios } from '../../scenario/find.js';
import type { Parse } from '../options/rows.js';
import { pages } from '../pages.js';

/** What a place in a command line takes. */
export interface Values {
  readonly words: readonly string[];
  /** Also, or only, paths. */
  readonly paths?: 'files' | 'folders' | undefined;
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

/** All that a shell has to know, from the objects that parse the command line. */
export const completionTable = (program: Command): CompletionTable => nodesOf(program, '');

/** What is typed behind a kind of event: its first word, where that is one of a list. */
function behindEvents(): [string, Values][] {
  return labKinds.flatMap((kind): [string, Values][] => {
    const first = fieldsOf(kind).find(({ isOption }) => !isOption);
    const words = first?.unit === 'profile' ? [...namedProfiles().keys()] : first?.choices;
    return words === undefined ? [] : [[kind.kind, { words }]];
  });
}

function nodesOf(command: Command, path: string): CompletionNode[] {
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
      ...options.flatMap(optionValues),
      ...argumentValues(command),
      ...(path === 'lab event' ? behindEvents() : []),
    ]),
  };
  // The command "help" of commander takes the names of the commands beside it.
  const below = children.flatMap((child) => {
    const childPath = `${path} ${child.name()}`.trim();
    return command.commands.includes(child)
      ? nodesOf(child, childPath)
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

function optionValues(option: Option): [string, Values][] {
  const values = valuesOf(option.parseArg, option.flags);
  const takes = option.required || option.optional;
  return takes && values ? namesOf(option).map((name) => [name, values]) : [];
}

/** What may stand there: the words that a parser offers, and paths where the place is called so. */
function valuesOf(parse: Parse | undefined, called: string): Values | undefined {
  const words = parse?.words ?? [];
  const paths = /[<[]file/.test(called) ? 'files' : /[<[]folder/.test(called) ? 'folders' : undefined;
  return words.length === 0 && paths === undefined ? undefined : { words, paths };
}

function argumentValues({ registeredArguments }: Command): [string, Values][] {
  return registeredArguments.flatMap((argument, index): [string, Values][] => {
    const name = argument.name();
    const words = name === 'scenario' ? shippedScenarios() : [];
    const isFile = name === 'scenario' || name === 'path';
    const values = isFile ? { words, paths: 'files' as const } : valuesOf(argument.parseArg, '');
    // Further words of an event are no further events, and further paths are paths.
    return values ? [[argument.variadic && values.paths ? '#*' : `#${index + 1}`, values]] : [];
  });
}
