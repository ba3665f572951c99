import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { exitCodes } from '../../base/exit-codes.js';
import { timeSeriesCsv } from '../../report/csv/csv.js';
import type { Result } from '../../result/types.js';
import { outputError, writeWhole } from '../../result/whole-file.js';
import type { Environment } from '../environment.js';
import { isPrinted } from '../options/shared.js';
import type { LoadFlags } from './options/flags.js';

const options = ['json', 'csv'] as const;

/**
 * A path that cannot be written fails in the first second, not after the run. Leaves no empty file behind, which would
 * look like a result.
 * @throws MQB_OUTPUT (exit code 2)
 */
export function checkOutputs(env: Environment, flags: LoadFlags): void {
  for (const option of options) {
    const file = flags[option];
    if (file === undefined || isPrinted(file)) continue;
    const path = resolve(env.cwd, file);
    try {
      const there = statSync(path, { throwIfNoEntry: false });
      if (there && !there.isFile() && !there.isDirectory()) continue; // a pipe is opened when there is something to write
      closeSync(openSync(path, 'a'));
      if (there === undefined) rmSync(path);
    } catch (error) {
      throw outputError(`write ${file}`, error, { option: `--${option}`, exitCode: exitCodes.usage });
    }
  }
}

/** Everything that was asked for, also when one of the files cannot be written. @throws MQB_OUTPUT (exit code 4) */
export async function writeOutputs(env: Environment, flags: LoadFlags, result: Result): Promise<void> {
  const texts = { json: () => `${JSON.stringify(result, null, 2)}\n`, csv: () => timeSeriesCsv([result]) };
  const failures: unknown[] = [];
  for (const option of options) {
    const file = flags[option];
    if (file === undefined) continue;
    if (isPrinted(file)) {
      env.stdout.write(texts[option]());
      continue;
    }
    try {
      await writeWhole(resolve(env.cwd, file), texts[option]());
    } catch (error) {
      failures.push(outputError(`write ${file}`, error, { option: `--${option}` }));
    }
  }
  if (failures.length > 0) throw failures[0];
}
