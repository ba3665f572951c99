import { clockIdentity } from '../../base/clock-identity.js';

/**
 * What the first bytes of a measured payload say. All processes of one machine
 * share CLOCK_MONOTONIC, so the due time can be compared by whoever receives it.
 *
 *   byte  0  1   2  3   4  5  6  7   8  9   10 … 13    14 … 19
 *        magic   run    publisher    slot   sequence   due time, µs
 *
 * Numbers are little-endian. `run` tells a stamp of this run from one that an
 * earlier run left retained on the broker.
 *
 * The due time has the identity of its clock (base/clock-identity.ts) added, modulo 2^48: read by another clock it is any
 * time in 8.9 years, and lies within the last hour, where a latency is believed, for one pair of clocks in 78,000. That
 * costs no byte.
 */
export const stampBytes = 20;

const magic0 = 0xb5;
const magic1 = 0x4e;
/** Of stamps whose due time tells nothing of its clock. */
const earlierMagic1 = 0x4d;
const timeRange = 2 ** 48;

export interface Stamp {
  run: number;
  publisher: number;
  slot: number;
  sequence: number;
  /** By this machine's clock. Of another clock it is meaningless, most likely not of the last hour; NaN in stamps of the earlier form. */
  dueMicros: number;
}

/** Writes the parts that never change for one publisher and topic. @param at offset of the payload */
export function writeStampHead(target: Uint8Array, at: number, run: number, publisher: number, slot: number): void {
  target[at] = magic0;
  target[at + 1] = magic1;
  target[at + 2] = run & 255;
  target[at + 3] = (run >>> 8) & 255;
  writeUint32(target, at + 4, publisher);
  target[at + 8] = slot & 255;
  target[at + 9] = (slot >>> 8) & 255;
}

/** Writes what changes per message. @param dueMicros 0 … 2^48 (8.9 years of uptime) @param clock whose time that is */
export function writeStampTail(
  target: Uint8Array,
  at: number,
  sequence: number,
  dueMicros: number,
  clock: number = clockIdentity(),
): void {
  writeUint32(target, at + 10, sequence);
  const sum = dueMicros + clock;
  const time = sum < timeRange ? sum : sum - timeRange;
  const high = Math.floor(time / 0x1_0000_0000);
  writeUint32(target, at + 14, time - high * 0x1_0000_0000);
  target[at + 18] = high & 255;
  target[at + 19] = (high >>> 8) & 255;
}

/**
 * Reads a stamp into `out`, without allocating.
 * @param run undefined: any
 * @returns false when these bytes are not a stamp of this run: garbage, or somebody else's message
 */
export function readStamp(source: Uint8Array, at: number, end: number, run: number | undefined, out: Stamp): boolean {
  if (end - at < stampBytes || source[at] !== magic0) return false;
  const form = source[at + 1];
  if (form !== magic1 && form !== earlierMagic1) return false;
  out.run = (source[at + 2] as number) | ((source[at + 3] as number) << 8);
  if (run !== undefined && out.run !== run) return false;
  out.publisher = readUint32(source, at + 4);
  out.slot = (source[at + 8] as number) | ((source[at + 9] as number) << 8);
  out.sequence = readUint32(source, at + 10);
  const high = (source[at + 18] as number) | ((source[at + 19] as number) << 8);
  const due = readUint32(source, at + 14) + high * 0x1_0000_0000 - clockIdentity();
  out.dueMicros = form === earlierMagic1 ? Number.NaN : due < 0 ? due + timeRange : due;
  return true;
}

function writeUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value & 255;
  target[at + 1] = (value >>> 8) & 255;
  target[at + 2] = (value >>> 16) & 255;
  target[at + 3] = (value >>> 24) & 255;
}

function readUint32(source: Uint8Array, at: number): number {
  const low = (source[at] as number) | ((source[at + 1] as number) << 8) | ((source[at + 2] as number) << 16);
  return low + (source[at + 3] as number) * 0x100_0000;
}
