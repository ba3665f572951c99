import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { type Result, resultSchema } from './types.js';

/**
 * The folder of one run. Made, and proved to be writable, before anything is
 * measured; result.json in it is whole at every moment: written beside it, brought
 * to the disk, then renamed over it (rename(2) is atomic).
 */
export class ResultStore {
  /** Goes into what is written. */
  readonly schema = resultSchema;

  private constructor(readonly directory: string) {}

  /**
   * Makes `<parent>/<name>-<time>/`, with a number behind when two runs start in one second.
   * @throws MQB_OUTPUT (exit code 2) naming the folder and what would help
   */
  static async create(parent: string, name: string, now: Date = new Date()): Promise<ResultStore> {
    const base = join(resolve(parent), `${name}-${stamp(now)}`);
    try {
      await makeParents(resolve(parent));
      const store = new ResultStore(await makeNew(base));
      await store.writeText('result.json.probe', 'probe\n');
      await rm(join(store.directory, 'result.json.probe'));
      return store;
    } catch (error) {
      throw outputError(`make the result folder ${base}`, error);
    }
  }

  /** A folder that a run left, to go on in it. @throws MQB_OUTPUT */
  static async reopen(directory: string): Promise<ResultStore> {
    try {
      if (!(await stat(directory)).isDirectory()) throw new Error('it is not a folder');
      return new ResultStore(resolve(directory));
    } catch (error) {
      throw outputError(`open the result folder ${directory}`, error);
    }
  }

  /** Replaces result.json. @throws MQB_OUTPUT (exit code 4: the run was already going) */
  async write(result: Result): Promise<void> {
    await this.writeFile('result.json', `${JSON.stringify(result)}\n`);
  }

  /** Writes another file of the run (report.html, summary.md) in the same safe way. @returns its path */
  async writeFile(name: string, text: string): Promise<string> {
    try {
      return await this.writeText(name, text);
    } catch (error) {
      throw outputError(`write ${join(this.directory, name)}`, error, exitCodes.run);
    }
  }

  private async writeText(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    const temporary = `${path}.new`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(this.directory);
    return path;
  }
}

/** The rename itself is on the disk only when the folder is. Some file systems cannot sync a folder; then it is not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await folder.close();
  }
}

/** `2026-11-20T21-56-07`: sorts by time and is a file name everywhere; UTC. */
function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(':', '-');
}

/**
 * Makes a folder and what is missing above it. Not mkdir's own `recursive`: where a
 * folder exists and yet refuses new ones with ENOENT, as /proc does, that never
 * returns in Node 20, and a bad --out must fail at once.
 */
async function makeParents(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
  if (dirname(path) !== path) await makeParents(dirname(path));
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error; // another run made it meanwhile, or mkdir below says what is in the way
  });
}

async function makeNew(base: string): Promise<string> {
  for (let n = 1; n <= 1000; n++) {
    const path = n === 1 ? base : `${base}-${n}`;
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  throw new Error('a thousand runs started in this second');
}

const remedies: Record<string, string> = {
  EACCES: 'choose a folder you may write to with --out',
  EPERM: 'choose a folder you may write to with --out',
  EROFS: 'the file system is read-only; choose another folder with --out',
  ENOSPC: 'the disk is full; free some space or choose another folder with --out',
  ENOTDIR: 'a part of the path is a file; choose another folder with --out',
  EEXIST: 'a file is in the way; choose another folder with --out',
};

function outputError(attempt: string, error: unknown, exitCode = exitCodes.usage as 2 | 4): MqbenchError {
  return new MqbenchError('MQB_OUTPUT', `cannot ${attempt}: ${messageOf(error)}`, {
    hint: remedies[codeOf(error)] ?? 'choose another folder with --out',
    exitCode,
    cause: error,
  });
}
