import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/**
 * Makes a folder and what is missing above it. Not mkdir's own `recursive`: where a
 * folder exists and yet refuses new ones with ENOENT, as /proc does, that never
 * returns in Node 20, and a bad path must fail at once.
 */
export async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    // Another run made it meanwhile; a file that is in the way is an error here already.
    if (codeOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  });
}
