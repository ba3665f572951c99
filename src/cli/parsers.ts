import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { ownEntry } from '../base/own.js';
import { formatDuration, parseDuration, parsePerSecond, parseSize } from '../base/units.js';
import type { TlsVersion } from '../transport/contract.js';

// How the texts of the command line become values; each says what would have been right.

export function usage(message: string, hint?: string): MqbenchError {
  return new MqbenchError('MQB_USAGE', message, { hint, exitCode: exitCodes.usage });
}

/** A count; `1k` is 1,000 and `2M` two million, as people write them. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)(k|M)?$/.exec(text);
    const value = match
      ? Number((Number(match[1]) * (match[2] === 'k' ? 1e3 : match[2] === 'M' ? 1e6 : 1)).toFixed(6))
      : -1;
    if (!Number.isInteger(value) || value < least || value > most || (match?.[1]?.includes('.') && !match[2])) {
      const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
      throw usage(`"${text}" is not a whole number ${range}`);
    }
    return value;
  };
}

/** A rate per second; `20k` is 20,000. */
export const perSecond = (text: string): number => parsePerSecond(text);

/** A time in microseconds. @param least the shortest that makes sense */
export function time(bare: 'ms' | 's', least = 0): (text: string) => number {
  return (text) => {
    const micros = parseDuration(text, bare);
    if (micros < least) throw usage(`"${text}" is less than ${formatDuration(least)}`);
    return micros;
  };
}

export function size(text: string): number {
  return Math.round(parseSize(text));
}

/** The names stay readable on the parser, for the completion of shells. */
export function oneOf<Name extends string>(
  ...names: readonly Name[]
): ((text: string) => Name) & { readonly names: readonly Name[] } {
  const parse = (text: string): Name => {
    const name = names.find((one) => one === text);
    if (name === undefined) throw usage(`"${text}" is none of ${names.join(', ')}`);
    return name;
  };
  return Object.assign(parse, { names });
}

export function versionOf(text: string): 3 | 4 | 5 {
  const versions: Readonly<Record<string, 3 | 4 | 5>> = { '3': 3, '3.1': 3, '4': 4, '3.1.1': 4, '5': 5, '5.0': 5 };
  const version = ownEntry(versions, text);
  if (version === undefined) throw usage(`"${text}" is not an MQTT version`, 'one of 3 (3.1), 4 (3.1.1) and 5');
  return version;
}

export function qosOf(text: string): 0 | 1 | 2 {
  if (!/^[012]$/.test(text)) throw usage(`"${text}" is not a QoS`, '0, 1 or 2');
  return Number(text) as 0 | 1 | 2;
}

export function yesOrNo(text: string): boolean {
  if (!/^(true|false|yes|no)$/i.test(text)) throw usage(`"${text}" is neither true nor false`);
  return /^(true|yes)$/i.test(text);
}

/** `1.2`, and `tlsv1.2` as emqtt-bench writes it. */
export function tlsVersionOf(text: string): TlsVersion {
  const version = /^(?:tlsv?)?(1\.[23])$/i.exec(text)?.[1];
  if (version === undefined)
    throw usage(`"${text}" is none of 1.2, 1.3`, 'TLS 1.1 and older ones are withdrawn (RFC 8996)');
  return version as TlsVersion;
}

export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function collect(text: string, before?: unknown): string[] {
  return [...((before as string[] | undefined) ?? []), text];
}

/** An option given again adds to its list of texts, which commas separate. */
export function either(text: string, before?: string): string {
  return before === undefined ? text : `${before},${text}`;
}

/** The name of an option as it is written on the command line. */
export function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

// Files that the command line names, seen from the folder it was started in.

/** Without the byte order mark that some editors begin a file with. @throws MQB_USAGE naming the file */
export function readText(cwd: string, file: string, hint?: string): string {
  return readBytes(cwd, file, hint)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/** @throws MQB_USAGE naming the file */
export function readBytes(cwd: string, file: string, hint = 'give the path of a file that can be read'): Buffer {
  try {
    return readFileSync(resolve(cwd, file));
  } catch (error) {
    throw usage(`read ${file}: ${messageOf(error)}`, hint);
  }
}
