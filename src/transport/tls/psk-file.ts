import { readFileSync } from 'node:fs';
import { messageOf, usageError } from '../../base/errors.js';

/**
 * The pre-shared keys of a file, hexadecimal, by identity: lines of `identity:key`, as mosquitto's psk_file has them.
 * @throws MQB_USAGE when the file cannot be read, or has something else in it
 */
export function readPskFile(file: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [i, line] of textOf(file).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(':');
    const [identity, key] = [line.slice(0, at), line.slice(at + 1).trim()];
    if (at <= 0 || key.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(key))
      throw usageError('MQB_USAGE', `${file}:${i + 1} is no identity, ":" and a key in hexadecimal`);
    keys.set(identity, key);
  }
  return keys;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('MQB_USAGE', `read pre-shared keys: ${messageOf(error)}`, 'give the path of a file');
  }
}
