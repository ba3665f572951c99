import { Command, CommanderError } from 'commander';
import { MqbenchError, messageOf } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { version } from '../base/version.js';
import { abCommand } from './ab.js';
import { brokerCommand } from './broker.js';
import { compareCommand } from './compare.js';
import { connCommand } from './conn.js';
import { doctorCommand } from './doctor.js';
import type { Environment } from './environment.js';
import { Exit } from './exit.js';
import { labCommand } from './lab.js';
import { probeCommand } from './probe.js';
import { pubCommand } from './pub.js';
import { pubsubCommand } from './pubsub.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { subCommand } from './sub.js';

/** Runs the command line to its end. @returns the exit code; everything a user has to know has been printed */
export async function runProgram(env: Environment): Promise<ExitCode> {
  const program = buildProgram(env);
  try {
    await program.parseAsync([...env.argv], { from: 'user' });
    return exitCodes.fine;
  } catch (error) {
    return report(error, env);
  }
}

/** All commands; also what the documentation is generated from. */
export function buildProgram(env: Environment): Command {
  const program = new Command('mqbench')
    .description('Shows what a network does to an MQTT fleet, and what another transport would change.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .configureOutput({ writeOut: (text) => env.stdout.write(text), writeErr: (text) => env.stderr.write(text) })
    .showSuggestionAfterError()
    .exitOverride();
  for (const command of [
    runCommand,
    connCommand,
    pubCommand,
    subCommand,
    pubsubCommand,
    probeCommand,
    brokerCommand,
    compareCommand,
    abCommand,
    reportCommand,
    labCommand,
    doctorCommand,
  ]) {
    // A command made on its own knows nothing of the outputs and the exit override above.
    program.addCommand(command(env).copyInheritedSettings(program).helpOption('--help', 'show this help'));
  }
  program.addHelpText('after', exitCodeHelp);
  return program;
}

const exitCodeHelp = `
Exit codes: 0 fine, 1 internal error, 2 bad usage or scenario file, 3 this machine cannot,
4 the run failed, 5 interrupted (partial result kept), 10 an expectation was missed, 11 a regression was found.`;

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
