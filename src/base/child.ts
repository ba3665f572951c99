import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MqbenchError } from './errors.js';
import { exitCodes } from './exit-codes.js';

/** Starts a process somewhere: on this host, or inside the lab (`lab.spawn` bound to a place). */
export type Spawn = (command: string, args: readonly string[], options?: SpawnOptions) => ChildProcess;

/** {@link Spawn} on this host. */
export const spawnHere: Spawn = (command, args, options) => spawn(command, args, options ?? {});

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
    execFile(command, args, settings, (error, stdout, stderr) => {
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
