import { type MqbenchError, usageError } from '../../base/errors.js';
import { ownEntry } from '../../base/own.js';
import { nearest } from '../../base/text/nearest.js';
import { formatCount, formatDuration, parseDuration, parseSize } from '../../base/units.js';
import type { TlsVersion } from '../../transport/contract.js';
import type { Parse } from './rows.js';

// How the texts of the command line become values; each says what would have been right.

export function usage(message: string, hint?: string): MqbenchError {
  return usageError('MQB_USAGE', message, hint);
}

/** The sentences whose conditions hold: what of a command line cannot be. */
export const told = (table: readonly (readonly [condition: unknown, says: string])[]): string[] =>
  table.flatMap(([condition, says]) => (condition ? [says] : []));

/** A count; `1k` is 1,000 and `2M` two million, as people write them. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const [, digits, unit] = /^(\d+|\d+\.\d+(?=[kM]))([kM]?)$/.exec(text) ?? [];
    const value = Number((Number(digits) * (unit === 'k' ? 1e3 : unit === 'M' ? 1e6 : 1)).toFixed(6));
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw usage(`"${text}" is not a whole number ${range}`);
  };
}

/** A time in microseconds. @param least the shortest that makes sense */
export function time(bare: 'ms' | 's', least = 0): (text: string) => number {
  return (text) => {
    const micros = parseDuration(text, bare);
    if (micros < least) throw usage(`"${text}" is less than ${formatDuration(least)}`);
    return micros;
  };
}

/** Bytes. @param least the smallest that makes sense */
export function size(least = 0): (text: string) => number {
  return (text) => {
    const bytes = Math.round(parseSize(text));
    if (bytes < least) throw usage(`"${text}" is less than ${formatCount(least)} B`);
    return bytes;
  };
}

/** A parser, and the texts that shells offer for it. */
export const offering = <T>(words: readonly string[], parse: (text: string) => T): Parse<T> =>
  Object.assign((text: string) => parse(text), { words });

export const oneOf = <Name extends string>(...names: readonly Name[]): Parse<Name> =>
  offering(names, (text) => {
    const name = names.find((one) => one === text);
    if (name !== undefined) return name;
    const near = nearest(text, names);
    throw usage(`"${text}" is none of ${names.join(', ')}`, near && `did you mean ${near}?`);
  });

const versions: Readonly<Record<string, 3 | 4 | 5>> = { '3': 3, '3.1': 3, '4': 4, '3.1.1': 4, '5': 5, '5.0': 5 };

export const versionOf = offering(['3', '4', '5'], (text) => {
  const version = ownEntry(versions, text);
  if (version === undefined) throw usage(`"${text}" is not an MQTT version`, 'one of 3 (3.1), 4 (3.1.1) and 5');
  return version;
});

export const qosOf = offering(['0', '1', '2'], (text) => {
  if (!/^[012]$/.test(text)) throw usage(`"${text}" is not a QoS`, '0, 1 or 2');
  return Number(text) as 0 | 1 | 2;
});

export const yesOrNo = offering(['true', 'false'], (text) => {
  if (!/^(true|false|yes|no)$/i.test(text)) throw usage(`"${text}" is neither true nor false`);
  return /^(true|yes)$/i.test(text);
});

/** `1.2`, and `tlsv1.2` as emqtt-bench writes it. */
export const tlsVersionOf = offering(['1.2', '1.3'], (text) => {
  const version = /^(?:tlsv?)?(1\.[23])$/i.exec(text)?.[1];
  if (version === undefined)
    throw usage(`"${text}" is none of 1.2, 1.3`, 'TLS 1.1 and older ones are withdrawn (RFC 8996)');
  return version as TlsVersion;
});

/** Several, separated by commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** An option given again adds to its list. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** An option given again adds to its list of texts, which commas separate. */
export const either = (text: string, before?: string): string => (before === undefined ? text : `${before},${text}`);
