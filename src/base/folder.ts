import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** Many more than a person or a script starts; so many failures have another reason. */
const mostInASecond = 1000;

/**
 * Makes `<parent>/<name>-<time>`, which nobody else has, with a number behind when several are made in one second. Of two
 * processes at once each gets one of its own: the system makes a folder for one of them only.
 */
export async function makeStampedFolder(parent: string, name: string, now: Date = new Date()): Promise<string> {
  await makeFolder(parent);
  const base = join(parent, stampedName(name, now));
  for (let n = 1; n <= mostInASecond; n++) {
    const path = n === 1 ? base : `${base}-${n}`;
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  throw new Error('a thousand folders were made in this second');
}

/** `demo-2026-11-20T21-56-07`: sorts by time and is a file name everywhere; UTC. */
export function stampedName(name: string, now: Date): string {
  return `${name}-${now.toISOString().slice(0, 19).replaceAll(':', '-')}`;
}
