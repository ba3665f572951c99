import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { makeStampedFolder, stampedName } from '../base/folder.js';
import type { Result } from './types.js';
import { outputError, writeWhole } from './whole-file.js';

const option = '--out';
const exitCode = exitCodes.usage;

/**
 * The folder of one run. Made, and proved to be writable, before anything is
 * measured; result.json in it is whole at every moment: written beside it, brought
 * to the disk, then renamed over it (rename(2) is atomic).
 */
export class ResultStore {
  private unwritten: Result | undefined;

  private constructor(readonly directory: string) {}

  /**
   * Makes `<parent>/<name>-<time>/`, with a number behind when two runs start in one second.
   * @throws MQB_OUTPUT (exit code 2) naming the folder and what would help
   */
  static async create(parent: string, name: string, now: Date = new Date()): Promise<ResultStore> {
    let made: string | undefined;
    try {
      made = await makeStampedFolder(resolve(parent), name, now);
      await writeWhole(join(made, 'result.json.probe'), 'probe\n');
      await rm(join(made, 'result.json.probe'));
      return new ResultStore(made);
    } catch (error) {
      if (made !== undefined) await rm(made, { recursive: true, force: true });
      const wanted = join(resolve(parent), stampedName(name, now));
      throw outputError(`make the result folder ${wanted}`, error, { option, exitCode });
    }
  }

  /** A folder that a run left, to go on in it. @throws MQB_OUTPUT */
  static async reopen(directory: string): Promise<ResultStore> {
    try {
      if (!(await stat(directory)).isDirectory()) throw new Error('it is not a folder');
      return new ResultStore(resolve(directory));
    } catch (error) {
      throw outputError(`open the result folder ${directory}`, error, { option, exitCode });
    }
  }

  /** Replaces result.json. @throws MQB_OUTPUT (exit code 4: the run was already going) */
  async write(result: Result): Promise<void> {
    await this.writeFile('result.json', `${JSON.stringify(result)}\n`);
  }

  /**
   * Replaces result.json where that is possible. A run goes on measuring when it is not: the next attempt may find
   * space, and {@link writeKept} makes the last one. @returns why not
   */
  async keep(result: Result): Promise<MqbenchError | undefined> {
    const failure = await this.write(result).then(
      () => undefined,
      (error: MqbenchError) => error,
    );
    this.unwritten = failure && result;
    return failure;
  }

  /** What the last {@link keep} could not write, when there is such a thing. @throws MQB_OUTPUT (exit code 4) */
  async writeKept(): Promise<void> {
    if (this.unwritten) await this.write(this.unwritten);
  }

  /** Writes another file of the run (report.html, summary.md) in the same safe way. @returns its path */
  async writeFile(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeWhole(path, text).catch((error: unknown) => {
      throw outputError(`write ${path}`, error, { option });
    });
    return path;
  }
}
