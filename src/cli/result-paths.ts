import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { readResult } from '../result/read.js';
import type { Result } from '../result/types.js';

/** A result and the path it came from. */
export interface FoundResult {
  readonly path: string;
  /** Which of the arguments it belongs to, from 0. */
  readonly argument: number;
  readonly result: Result;
}

/**
 * Reads results from files, from folders of runs, and from folders that hold several of either.
 * @throws MQB_RESULT (usage) naming every path that is not a result, not only the first
 */
export async function readResults(paths: readonly string[], cwd: string): Promise<FoundResult[]> {
  const found: FoundResult[] = [];
  const wrong: string[] = [];
  const tell = (error: unknown): readonly never[] => {
    wrong.push(messageOf(error));
    return [];
  };
  for (const [argument, path] of paths.entries()) {
    for (const file of await expand(resolve(cwd, path), path).catch(tell)) {
      await readResult(file).then((result) => found.push({ path: file, argument, result }), tell);
    }
  }
  if (wrong.length > 0) {
    throw new MqbenchError('MQB_RESULT', wrong.join('\n'), {
      hint: 'give a result.json, the folder of a run, or a folder that holds such folders',
      exitCode: exitCodes.usage,
    });
  }
  return found;
}

/** The result files that a path stands for. @param asGiven how the user wrote it, for messages */
async function expand(path: string, asGiven: string): Promise<string[]> {
  if (!existsSync(path)) throw new Error(`there is no file or folder "${asGiven}"`);
  if (!(await stat(path)).isDirectory() || existsSync(join(path, 'result.json'))) return [path];
  const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => a.name.localeCompare(b.name));
  const holds = entries.filter((entry) =>
    entry.isDirectory()
      ? existsSync(join(path, entry.name, 'result.json'))
      : entry.isFile() && entry.name.endsWith('.json'),
  );
  if (holds.length === 0)
    throw new Error(`${asGiven} holds no result: neither result.json, nor *.json, nor */result.json`);
  return holds.map(({ name }) => join(path, name));
}

/**
 * What a reader calls results by: the last parts of their paths, as many as tell them apart, e.g. `before` and `after`, or
 * `mon/base` and `tue/base`.
 */
export function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(sep).filter((part) => part !== '' && part !== '.'));
  const trimmed = parts.map((of) => (of.length > 1 && of.at(-1) === 'result.json' ? of.slice(0, -1) : of));
  const longest = Math.max(...trimmed.map((of) => of.length));
  for (let depth = 1; depth <= longest; depth++) {
    const names = trimmed.map((of) => of.slice(-depth).join(sep));
    if (new Set(names).size === names.length) return names;
  }
  return [...paths];
}
