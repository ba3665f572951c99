import { type FileHandle, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';

/**
 * Writes a file that is whole at every moment: beside it, brought to the disk, then renamed over it (rename(2) is
 * atomic). When that fails, what was there is still there, and nothing beside it. What is no ordinary file (/dev/stdout, a
 * named pipe), or stands in a folder that takes no other one, is written as it is.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path); // a link stays one
  const there = await stat(target).catch(() => undefined);
  const special = there?.isFile() === false || /^\/(dev|proc)\//.test(path);
  const file = special ? undefined : await beside(target, there?.mode, there !== undefined);
  if (file === undefined) return writeFile(target, text);
  try {
    await writeAndClose(file, text);
    await rename(`${target}.new`, target);
  } catch (error) {
    await rm(`${target}.new`, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

/** @returns undefined where only the file itself can be written */
async function beside(target: string, mode: number | undefined, exists: boolean): Promise<FileHandle | undefined> {
  try {
    return await open(`${target}.new`, 'w', mode === undefined ? undefined : mode & 0o777);
  } catch (error) {
    if (exists && ['EACCES', 'EPERM', 'EROFS', 'ENAMETOOLONG', 'EISDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

async function writeAndClose(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself is on the disk only when the folder is. Some file systems cannot sync a folder; then it is not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  try {
    await folder?.sync();
  } catch (error) {
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await folder?.close();
  }
}

const remedies: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space or ',
  EDQUOT: 'your share of the disk is used up; free some space or ',
  EFBIG: 'files may not be that large here (ulimit -f); raise that or ',
  EROFS: 'the file system is read-only; ',
  ENOTDIR: 'a part of the path is a file; ',
  EEXIST: 'a file is in the way; ',
  EACCES: 'you may not write there; ',
  EPERM: 'you may not write there; ',
};

/**
 * A file or folder that could not be written, in words.
 * @param attempt e.g. "write out.json"
 * @param option the one that names another place
 * @param exitCode 4 after something was measured, 2 before
 */
export function outputError(
  attempt: string,
  error: unknown,
  { option, exitCode = exitCodes.run }: { readonly option: string; readonly exitCode?: 2 | 4 },
): MqbenchError {
  return new MqbenchError('MQB_OUTPUT', `cannot ${attempt}: ${messageOf(error)}`, {
    hint: `${remedies[codeOf(error)] ?? ''}choose another place with ${option}`,
    exitCode,
    cause: error,
  });
}
