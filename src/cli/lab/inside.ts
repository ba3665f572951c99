import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { constants } from 'node:os';
import type { Command } from 'commander';
import { codeOf, MqbenchError, messageOf } from '../../base/errors.js';
import type { ExitCode } from '../../base/exit-codes.js';
import type { Place } from '../../lab/contract.js';
import { findLab, type LabService, labNames, upText } from '../../lab/control.js';
import { spawnInside } from '../../lab/holder.js';
import { openLab } from '../../lab/lab.js';
import { impairmentText } from '../../lab/netem/text.js';
import type { Environment } from '../environment.js';
import { Exit } from '../exit.js';
import { usage } from '../options/parsers.js';
import { dashed } from '../options/rows.js';
import { type LabFlags, specOf } from './options.js';

/**
 * `mqbench lab exec` and `shell`: in the lab that is up, or in one made for this program alone, never on a network that
 * was not asked for.
 * @throws MQB_USAGE for a name together with what describes another lab, and for none while labs of other names are up;
 *   MQB_LAB_NAME when no lab has the name given,
 *   what the lab says that cannot take the program, and Exit with the program's own exit code
 */
export async function inside(env: Environment, self: Command, place: Place, command: readonly string[]): Promise<void> {
  const flags = self.opts<LabFlags>();
  const [program = '', ...args] = command;
  const options: SpawnOptions = { stdio: 'inherit', detached: false, cwd: env.cwd };
  const running = await labFor(self, flags);
  let child: ChildProcess | undefined;
  // Ctrl-C is the program's, which is in the same group; it ends, and then so do we. Others may tell only us.
  const stopListening = env.onInterrupt((signal) => {
    if (signal !== 'SIGINT') child?.kill('SIGTERM');
  }, 'every');
  try {
    if (running) {
      child = spawnInside(await running.status(), place, program, args, options);
      const lives = () => running.status().then(Boolean, () => false);
      await ended(child, program, lives);
      return;
    }
    const spec = specOf(env, flags);
    const lab = await openLab(spec);
    try {
      const { up, down } = spec.profile;
      const link = `${flags.profile ?? 'no profile'}; up: ${impairmentText(up)}, down: ${impairmentText(down)}`;
      env.stderr.write(`mqbench: a lab of its own for ${program} (${lab.backend}, ${link})\n`);
      child = lab.spawn(place, program, args, options);
      await Promise.race([ended(child, program), lab.failed]);
    } finally {
      for (const failure of await lab.close()) env.stderr.write(`mqbench: ${failure}\n`);
    }
  } finally {
    stopListening();
  }
}

/** @returns undefined: one is to be made */
async function labFor(self: Command, { name }: LabFlags): Promise<LabService | undefined> {
  const given = Object.keys(self.opts()).filter((option) => self.getOptionValueSource(option) === 'cli');
  const described = given.filter((option) => option !== 'name');
  if (described.length === 0 && given.includes('name')) return findLab(name);
  if (described.length > 0) {
    if (!given.includes('name')) return undefined;
    const words = described.map(dashed);
    throw usage(
      `--name means a lab that is up, and ${words.join(', ')} would describe another`,
      `leave --name out for a lab of its own, or make it: mqbench lab up --name ${name} ${words[0]} …`,
    );
  }
  try {
    return await findLab(name);
  } catch (error) {
    if (codeOf(error) !== 'MQB_LAB_NAME') throw error;
    const up = await labNames();
    if (up.length === 0) return undefined;
    // A network without damage, made while a damaged one is up under a name, would pass for that one.
    throw usage(
      `no --name is given, and ${upText(up)}`,
      `mqbench lab ${self.name()} --name ${up[0]} … runs in it; what describes a lab, e.g. --profile 4g, makes one of its own`,
    );
  }
}

/** @throws Exit with the program's own exit code; MQB_LAB_DIED when the lab took the program along */
async function ended(child: ChildProcess, program: string, labLives = async () => true): Promise<void> {
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', (error) => reject(new MqbenchError('MQB_LAB_COMMAND', `run ${program}: ${messageOf(error)}`)));
    child.once('exit', (exit, by) => resolve([exit, by]));
  });
  if (code === 0) return;
  if (signal === 'SIGKILL' && !(await labLives())) {
    throw new MqbenchError('MQB_LAB_DIED', `the lab ended, and ${program} with it`);
  }
  const exit = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  throw new Exit(exit as ExitCode); // of the program, so it means what the program says
}
