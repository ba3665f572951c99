import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, usageError } from './errors.js';

// Files that a command line or a scenario names, seen from a folder.

/** Without the byte order mark that some editors begin a file with. @throws MQB_USAGE naming the file */
export function readText(folder: string, file: string, hint?: string): string {
  return readBytes(folder, file, hint)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/** @throws MQB_USAGE naming the file */
export function readBytes(folder: string, file: string, hint = 'give the path of a file that can be read'): Buffer {
  try {
    return readFileSync(resolve(folder, file));
  } catch (error) {
    throw usageError('MQB_USAGE', `read ${file}: ${messageOf(error)}`, hint);
  }
}
