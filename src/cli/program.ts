import { Command, CommanderError } from 'commander';
import { MqbenchError, messageOf } from '../base/errors.js';
import { type ExitCode, exitCodes, exitCodeTable } from '../base/exit-codes.js';
import { version } from '../base/version.js';
import { commands, placeholder } from './commands.js';
import { type Environment, guarded } from './environment.js';
import { Exit } from './exit.js';
import { readFirstWords } from './first-words.js';
import { isLoad } from './load/options/flags.js';
import { mistakeText } from './options/mistakes.js';
import { usage } from './options/parsers.js';

/** Runs the command line to its end. @returns the exit code; everything a user has to know has been printed */
export async function runProgram(outside: Environment): Promise<ExitCode> {
  const env = guarded(outside);
  try {
    const asked = readFirstWords(env.argv);
    if ('page' in asked) {
      env.stdout.write(asked.page);
      return exitCodes.fine;
    }
    const [name, ...args] = asked.argv;
    const needsAll = args[0] !== '--help' && commands.some((row) => row.name === name && row.needsAll);
    const program = await (needsAll ? buildProgram(env) : buildProgram(env, name));
    const argv = name === undefined ? [] : [name, ...(await inOurWords(env, name, args))];
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.fine;
  } catch (error) {
    return report(error, env);
  }
}

/**
 * The program with its commands.
 * @param only of these the module is imported, since all of them take ten times as long as Node.js itself to start; the
 *   others are listed. Undefined: all, which is what the documentation is generated from.
 */
export async function buildProgram(env: Environment, ...only: readonly (string | undefined)[]): Promise<Command> {
  const program = new Command('mqbench')
    .description('Shows what a network does to an MQTT fleet, and what another transport would change.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command, or a page of the documentation')
    .configureOutput({ writeOut: (text) => env.stdout.write(text), writeErr: (text) => env.stderr.write(text) })
    .showSuggestionAfterError()
    .exitOverride();
  for (const row of commands) {
    const isAsked = only.length === 0 || only.includes(row.name);
    const command = isAsked ? (await row.load()).command(env) : placeholder(row);
    program.addCommand(command.description(row.says));
    adopt(command, program);
  }
  const codes = Object.values(exitCodeTable).map(({ code, says }) => `  ${String(code).padEnd(4)}${says}\n`);
  program.addHelpText('after', `\nExit codes:\n${codes.join('').trimEnd()}`);
  return program;
}

/**
 * A command made on its own knows nothing of the program's outputs, nor that it does not exit by itself. Help is -h where
 * that letter is free, and mistakes are told as everything else is.
 */
function adopt(command: Command, parent: Command, path = command.name()): void {
  command.copyInheritedSettings(parent);
  const isTaken = command.options.some(({ short }) => short === '-h');
  command.helpOption(isTaken ? '--help' : '-h, --help', 'show this help');
  command.configureOutput({ outputError: (text, write) => write(mistakeText(command, path, text)) });
  for (const child of command.commands) adopt(child, command, `${path} ${child.name()}`);
}

/** Users of other tools have their words; what these mean here is said beside. */
async function inOurWords(env: Environment, name: string, args: readonly string[]): Promise<readonly string[]> {
  if (name === 'broker') return brokerWords(args);
  if (!isLoad(name)) return withBareLast(name === 'lab' ? `lab ${args[0]}` : name, args);
  const { readLine } = await import('./peers/line.js');
  const { argv, notes } = readLine(name, args);
  for (const note of notes) env.stderr.write(`note: ${note}\n`);
  return argv;
}

/** Every listener has a port of its own, and no option is the port of all. @throws MQB_USAGE */
function brokerWords(args: readonly string[]): readonly string[] {
  const port = args.find((arg) => /^(-p|--port)(=|$)/.test(arg));
  if (port === undefined) return args;
  throw usage(
    `${port} is of no listener alone: each has a port of its own`,
    'mqbench broker --tcp 1883, and --tls, --ws, --wss, --quic likewise (a port or off)',
  );
}

/**
 * Commands in which a bare --json or --only may stand before an argument, as it could before these took a value: the word
 * behind is theirs only where it looks like one.
 */
const looks: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  probe: { '--json': /\.json$|^-$/, '--only': /^(?!.*:\/\/)/ },
  'lab measure': { '--json': /\.json$|^-$/ },
};

/** A command line in which no bare option takes the argument behind it: it stands at the end then. */
export function withBareLast(path: string, args: readonly string[]): readonly string[] {
  const isBare = (arg: string, i: number): boolean => looks[path]?.[arg]?.test(args[i + 1] ?? '') === false;
  return [...args.filter((arg, i) => !isBare(arg, i)), ...args.filter(isBare)];
}

function report(error: unknown, env: Environment): ExitCode {
  if (error instanceof Exit) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
  if (error instanceof MqbenchError) {
    env.stderr.write(`mqbench: ${error.message}\n`);
    if (error.hint) env.stderr.write(`  → ${error.hint}\n`);
    return error.exitCode;
  }
  env.stderr.write(`mqbench: internal error: ${error instanceof Error ? error.stack : messageOf(error)}\n`);
  return exitCodes.internal;
}
