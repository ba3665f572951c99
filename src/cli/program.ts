import { Command, CommanderError } from 'commander';
import { MqbenchError, messageOf } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { version } from '../base/version.js';
import { commands, placeholder } from './commands.js';
import { type Environment, guarded } from './environment.js';
import { Exit } from './exit.js';
import { readFirstWords } from './first-words.js';
import type { LoadCommand } from './load/options/flags.js';
import { optionNames } from './load/options/row.js';
import { tellsMistakes } from './mistakes.js';
import { usage } from './parsers.js';

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
    const command = isAsked ? (await row.load())(env) : placeholder(row);
    command.description(row.says);
    namesFlags(command);
    // A command made on its own knows nothing of the outputs and the exit override above.
    program.addCommand(command.copyInheritedSettings(program));
    helpOptions(command);
    tellsMistakes(command);
  }
  program.addHelpText('after', exitCodeHelp);
  return program;
}

/** Help is -h where that letter is free. */
function helpOptions(command: Command): void {
  command.helpOption(command.options.some(({ short }) => short === '-h') ? '--help' : '-h, --help', 'show this help');
  for (const child of command.commands) helpOptions(child);
}

/** Every value that cannot be read is told with the option it stands behind. */
function namesFlags(command: Command): void {
  for (const option of command.options) {
    const { parseArg: parse } = option;
    if (parse === undefined) continue;
    const names = optionNames(option.flags);
    option.argParser((text: string, before: unknown): unknown => {
      try {
        return parse(text, before);
      } catch (error) {
        if (!(error instanceof MqbenchError)) throw error;
        const { code, message, hint, exitCode, cause } = error;
        throw new MqbenchError(code, `${names}: ${message}`, { hint, exitCode, cause });
      }
    });
  }
  for (const child of command.commands) namesFlags(child);
}

/** Users of other tools have their words; what these mean here is said beside. */
async function inOurWords(env: Environment, name: string, args: readonly string[]): Promise<readonly string[]> {
  if (name === 'broker') return brokerWords(args);
  if (!isLoad(name)) return args;
  const { readLine } = await import('./peers/line.js');
  const { argv, notes } = readLine(name, args);
  for (const note of notes) env.stderr.write(`note: ${note}\n`);
  return argv;
}

const isLoad = (name: string): name is LoadCommand => ['conn', 'pub', 'sub', 'pubsub'].includes(name);

/** Every listener has a port of its own, and no option is the port of all. @throws MQB_USAGE */
function brokerWords(args: readonly string[]): readonly string[] {
  const port = args.find((arg) => /^(-p|--port)(=|$)/.test(arg));
  if (port === undefined) return args;
  throw usage(
    `${port} is of no listener alone: each has a port of its own`,
    'mqbench broker --tcp 1883, and --tls, --ws, --wss, --quic likewise (a port or off)',
  );
}

const exitCodeHelp = `
Exit codes: 0 fine, 1 internal error, 2 bad usage or scenario file, 3 this machine cannot,
4 the run failed, 5 interrupted (partial result kept), 10 an expectation was missed, 11 a regression was found,
12 inconclusive (with --require-power).`;

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
