const windowBits = 256;
const windowWords = windowBits / 32;
const firstCapacity = 64;

/** What one arrival is. */
export const arrivalKinds = { first: 0, disordered: 1, duplicate: 2 } as const;
export type ArrivalKind = (typeof arrivalKinds)[keyof typeof arrivalKinds];

/**
 * Which sequence numbers arrived, for every (subscriber, publisher, topic) of a
 * process: a bitmap over the latest 256 numbers per track, so memory does not
 * grow with the length of the run.
 *
 *      lost below the window        latest 256            highest
 *   ───────────────────────────┬──────────────────────────┤
 *          only counted         one bit per number
 *
 * A number that is older than the window is taken for a late first copy as long
 * as numbers of that track are missing below the window, else for a duplicate.
 */
export class Arrivals {
  private highest = new Float64Array(firstCapacity).fill(-1);
  /** Numbers that left the window without having arrived. */
  private holes = new Float64Array(firstCapacity);
  private bits = new Uint32Array(firstCapacity * windowWords);
  private tracks = 0;
  /** First copies, and of them those behind a later one; copies that came again. */
  received = 0;
  disordered = 0;
  duplicate = 0;

  /** @returns the number of a new track */
  open(): number {
    if (this.tracks === this.highest.length) this.grow();
    return this.tracks++;
  }

  /** @param sequence 0 … 2^32 - 1, counted by the publisher without gaps */
  arrive(track: number, sequence: number): ArrivalKind {
    const highest = this.highest[track] as number;
    if (sequence > highest) {
      this.advance(track, highest, sequence);
      this.received++;
      return arrivalKinds.first;
    }
    if (sequence <= highest - windowBits) {
      if ((this.holes[track] as number) === 0) return this.again();
      this.holes[track] = (this.holes[track] as number) - 1;
    } else {
      const word = track * windowWords + ((sequence % windowBits) >>> 5);
      const bit = 1 << (sequence & 31);
      if (((this.bits[word] as number) & bit) !== 0) return this.again();
      this.bits[word] = (this.bits[word] as number) | bit;
    }
    this.received++;
    this.disordered++;
    return arrivalKinds.disordered;
  }

  private again(): ArrivalKind {
    this.duplicate++;
    return arrivalKinds.duplicate;
  }

  /** Moves the window up to `sequence`; the bits that leave it and are not set become holes. */
  private advance(track: number, highest: number, sequence: number): void {
    const base = track * windowWords;
    const steps = Math.min(sequence - highest, windowBits);
    // Before the window was full once, the numbers below 0 are no holes.
    for (let i = 1; i <= steps; i++) {
      const leaving = highest + i - windowBits;
      const word = base + (((highest + i) % windowBits) >>> 5);
      const bit = 1 << ((highest + i) & 31);
      if (leaving >= 0 && ((this.bits[word] as number) & bit) === 0) {
        this.holes[track] = (this.holes[track] as number) + 1;
      }
      this.bits[word] = (this.bits[word] as number) & ~bit;
    }
    const skipped = sequence - highest - steps; // numbers that never were inside the window
    if (skipped > 0) this.holes[track] = (this.holes[track] as number) + skipped;
    const word = base + ((sequence % windowBits) >>> 5);
    this.bits[word] = (this.bits[word] as number) | (1 << (sequence & 31));
    this.highest[track] = sequence;
  }

  private grow(): void {
    const capacity = this.highest.length * 2;
    const highest = new Float64Array(capacity).fill(-1);
    highest.set(this.highest);
    const holes = new Float64Array(capacity);
    holes.set(this.holes);
    const bits = new Uint32Array(capacity * windowWords);
    bits.set(this.bits);
    this.highest = highest;
    this.holes = holes;
    this.bits = bits;
  }
}
