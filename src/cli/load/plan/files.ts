import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../../../base/errors.js';
import { usage } from '../../parsers.js';

// Files that the command line names, seen from the folder it was started in.

/** Without the byte order mark that some editors begin a file with. @throws MQB_USAGE naming the file */
export function readText(cwd: string, file: string): string {
  return readBytes(cwd, file)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/** @throws MQB_USAGE naming the file */
export function readBytes(cwd: string, file: string): Buffer {
  try {
    return readFileSync(resolve(cwd, file));
  } catch (error) {
    throw usage(`read ${file}: ${messageOf(error)}`, 'give the path of a file that can be read');
  }
}
