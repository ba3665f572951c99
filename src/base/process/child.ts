import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { MqbenchError } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

/** Starts a process somewhere: on this host, or inside the lab (`lab.spawn` bound to a place). */
export type Spawn = (command: string, args: readonly string[], options?: SpawnOptions) => ChildProcess;

/** {@link Spawn} on this host; what it starts ends with this process, however that goes. */
export const spawnHere: Spawn = (command, args, options) => spawn(...tied(command, args), options ?? {});

/** The same for a program that has processes of its own, and ends them when it is asked to end. */
export const spawnMaster: Spawn = (command, args, options) => spawn(...tied(command, args, 'TERM'), options ?? {});

/**
 * The command line as a child of ours is to run: the kernel signals it when this process ends, kill -9 included. The program
 * keeps its process id. Without setpriv(1) of util-linux, and where there is no such program to be named in an error,
 * the command line as it is.
 */
function tied(command: string, args: readonly string[], signal = 'KILL'): [command: string, args: readonly string[]] {
  setpriv ??= onPath('setpriv') ?? '';
  // The setpriv of BusyBox knows nothing of the death of a parent.
  const able = setpriv !== '' && basename(realpathSync(setpriv)) !== 'busybox';
  return able && onPath(command) !== undefined
    ? [setpriv, ['--pdeathsig', signal, '--', command, ...args]]
    : [command, args];
}

let setpriv: string | undefined;

/** Where a program is that is called so, as the kernel would find it. */
export function onPath(command: string, path = env.PATH ?? ''): string | undefined {
  const places = command.includes('/') ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The compiled entry of a role process, e.g. `entryPath(import.meta.url, './entry.js')`.
 * Tests import the TypeScript sources; processes always run what was compiled to dist.
 */
export function entryPath(from: string, relative: string): string {
  return fileURLToPath(new URL(relative, from)).replace(/([\\/])src([\\/](?:[^\\/]+[\\/])*[^\\/]+)$/, '$1dist$2');
}

/**
 * Runs a command to its end. Arguments are a list, never shell text.
 * @returns its standard output
 * @throws MQB_COMMAND naming the command line and what it said on standard error
 */
export function run(command: string, args: readonly string[], options: { timeoutMs?: number } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = { timeout: options.timeoutMs ?? 30_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(...tied(command, args), settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const said = stderr.trim() || error.message;
      reject(
        new MqbenchError('MQB_COMMAND', `${[command, ...args].join(' ')}: ${missing ? 'command not found' : said}`, {
          exitCode: exitCodes.machine,
          cause: error,
        }),
      );
    });
  });
}
