import { RangeSet } from './range-set.js';

const windowBits = 256;
const windowWords = windowBits / 32;
const firstCapacity = 64;
/** Ranges of missing numbers that a track remembers behind its window. */
const mostHoles = 256;

/** What one arrival is. */
export const arrivalKinds = { first: 0, disordered: 1, duplicate: 2 } as const;
export type ArrivalKind = (typeof arrivalKinds)[keyof typeof arrivalKinds];

/**
 * Which sequence numbers arrived, for every (subscriber, publisher, topic) of a process: a bitmap over the latest 256
 * numbers per track, and behind it the numbers that are missing, as ranges.
 *
 *   given up      missing, as ranges     latest 256            highest
 *   ─────────┬───────────────────────┬──────────────────────────┤
 *            at most 256 ranges          one bit per number
 *
 * So a copy counts once, however late it is, and memory does not grow with the length of the run. Of a track that lost
 * more than 256 stretches, the oldest are given up: what comes of them later counts as a duplicate and stays missing.
 */
export class Arrivals {
  private highest = new Float64Array(firstCapacity).fill(-1);
  /** The smallest number that belongs to the track. */
  private base = new Float64Array(firstCapacity);
  /** Different numbers that arrived. */
  private got = new Float64Array(firstCapacity);
  private bits = new Uint32Array(firstCapacity * windowWords);
  /** Of the tracks that have lost anything. */
  private readonly holes = new Map<number, RangeSet>();
  private tracks = 0;

  /**
   * @param base the number it begins with: 0, or the first that was heard of a publisher whose start was not
   * @returns the number of a new track
   */
  open(base = 0): number {
    if (this.tracks === this.highest.length) this.grow();
    this.base[this.tracks] = base;
    this.highest[this.tracks] = base - 1;
    return this.tracks++;
  }

  /** @param sequence 0 … 2^32 - 1, counted by the publisher without gaps */
  arrive(track: number, sequence: number): ArrivalKind {
    const highest = this.highest[track] as number;
    if (sequence > highest) {
      this.advance(track, highest, sequence);
      this.got[track] = (this.got[track] as number) + 1;
      return arrivalKinds.first;
    }
    if (sequence <= highest - windowBits) {
      if (this.holes.get(track)?.remove(sequence) !== true) return arrivalKinds.duplicate;
    } else {
      const word = track * windowWords + ((sequence % windowBits) >>> 5);
      const bit = 1 << (sequence & 31);
      if (((this.bits[word] as number) & bit) !== 0) return arrivalKinds.duplicate;
      this.bits[word] = (this.bits[word] as number) | bit;
      if (sequence < (this.base[track] as number)) this.base[track] = sequence;
    }
    this.got[track] = (this.got[track] as number) + 1;
    return arrivalKinds.disordered;
  }

  /** Different numbers of a track that arrived. */
  receivedOf(track: number): number {
    return this.got[track] as number;
  }

  /** Numbers between the first and the last of a track that did not arrive. */
  gapsOf(track: number): number {
    return (this.highest[track] as number) + 1 - (this.base[track] as number) - (this.got[track] as number);
  }

  /**
   * Tells the numbers below `sent` that did not arrive, in stretches [from, to). Those that were given up are told as
   * the latest that they can be.
   */
  eachMissing(track: number, sent: number, see: (from: number, to: number) => void): void {
    const highest = this.highest[track] as number;
    const holes = this.holes.get(track);
    holes?.each((from, to) => {
      if (from < sent) see(from, Math.min(to, sent));
    });
    if (holes !== undefined && holes.forgotten > 0) see(holes.forgottenBelow - holes.forgotten, holes.forgottenBelow);
    let from = -1;
    const end = Math.min(highest, sent - 1);
    for (let sequence = Math.max(this.base[track] as number, highest - windowBits + 1); sequence <= end; sequence++) {
      const word = track * windowWords + ((sequence % windowBits) >>> 5);
      const missing = ((this.bits[word] as number) & (1 << (sequence & 31))) === 0;
      if (missing && from < 0) from = sequence;
      if (missing || from < 0) continue;
      see(from, sequence);
      from = -1;
    }
    if (from >= 0) see(from, end + 1);
    if (highest + 1 < sent) see(highest + 1, sent);
  }

  /** Moves the window up to `sequence`; the numbers that leave it and have not arrived become holes. */
  private advance(track: number, highest: number, sequence: number): void {
    const words = track * windowWords;
    const lowest = this.base[track] as number;
    const steps = Math.min(sequence - highest, windowBits);
    for (let i = 1; i <= steps; i++) {
      const leaving = highest + i - windowBits;
      const word = words + (((highest + i) % windowBits) >>> 5);
      const bit = 1 << ((highest + i) & 31);
      if (leaving >= lowest && ((this.bits[word] as number) & bit) === 0) this.lose(track, leaving, leaving + 1);
      this.bits[word] = (this.bits[word] as number) & ~bit;
    }
    // Numbers that never were inside the window.
    if (sequence - highest > windowBits) this.lose(track, highest + 1, sequence - windowBits + 1);
    const word = words + ((sequence % windowBits) >>> 5);
    this.bits[word] = (this.bits[word] as number) | (1 << (sequence & 31));
    this.highest[track] = sequence;
  }

  private lose(track: number, from: number, to: number): void {
    let holes = this.holes.get(track);
    if (holes === undefined) {
      holes = new RangeSet(mostHoles);
      this.holes.set(track, holes);
    }
    holes.append(from, to);
  }

  private grow(): void {
    const capacity = this.highest.length * 2;
    const larger = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    this.highest = larger(this.highest);
    this.base = larger(this.base);
    this.got = larger(this.got);
    const bits = new Uint32Array(capacity * windowWords);
    bits.set(this.bits);
    this.bits = bits;
  }
}
