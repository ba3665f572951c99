import { readFileSync } from 'node:fs';
import type { MqbenchError } from '../base/errors.js';
import { ownEntry } from '../base/own.js';
import { nearest } from '../base/text/nearest.js';
import { shippedScenarios } from '../scenario/find.js';
import { commands } from './commands.js';
import { usage } from './options/parsers.js';
import { docsFolder, pages } from './pages.js';

/** What the first words of a command line ask for: what commander is to read, or the text of a page of the documentation. */
export type Asked = { readonly argv: readonly string[] } | { readonly page: string };

const names = commands.map(({ name }) => name);
const isHelp = (word: string | undefined): boolean => word === 'help' || word === '--help' || word === '-h';

/** Commands that others have, and what to do here. */
const othersCommands: Readonly<Record<string, string>> = {
  simulate: 'mqbench pub --hook FILE makes each payload in JavaScript, --template TEXT from variables',
  check: 'mqbench doctor examines this machine; npm tells about updates',
  init: 'there is no file of settings: a scenario file holds what a run needs (mqbench help scenarios)',
  ls: 'mqbench run names the scenarios that come with it',
};

/**
 * Reads what stands before a command: `-h`, `-v`, `help X`, and `bench` of MQTTX.
 * @throws MQB_USAGE for a command that is not there, with what was probably meant
 */
export function readFirstWords(argv: readonly string[]): Asked {
  const [first, ...rest] = argv[0] === 'bench' ? argv.slice(1) : argv;
  if (first === undefined) return { argv: argv[0] === 'bench' ? ['--help'] : [] };
  if (first === '-v' || first === '-V' || first === 'version') return { argv: ['--version'] };
  if (isHelp(first)) return helpAbout(rest[0] === 'bench' ? rest.slice(1) : rest);
  if (!first.startsWith('-') && !names.includes(first)) throw unknownCommand(first);
  return { argv: [first, ...rest] };
}

function helpAbout(words: readonly string[]): Asked {
  const about = words.filter((word) => !isHelp(word));
  const [command, ...children] = about;
  if (command === undefined) return { argv: ['--help'] };
  if (names.includes(command))
    return { argv: [command, ...children.filter((word) => !word.startsWith('-')), '--help'] };
  const file = pages().get(command) ?? pages().get(`${command}s`);
  if (file === undefined) throw unknownCommand(command);
  return { page: readFileSync(new URL(file, docsFolder), 'utf8') };
}

function unknownCommand(name: string): MqbenchError {
  const isScenario = /\.ya?ml$/.test(name) || shippedScenarios().includes(name);
  const instead = ownEntry(othersCommands, name) ?? (isScenario ? `a scenario: mqbench run ${name}` : undefined);
  if (instead !== undefined) return usage(`unknown command "${name}"`, instead);
  const near = nearest(name, names);
  return usage(
    `unknown command "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    `there are: ${names.join(', ')}; and pages of "mqbench help": ${[...pages().keys()].join(', ')}`,
  );
}
