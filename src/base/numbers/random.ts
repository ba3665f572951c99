/**
 * Seeded randomness: the same seed gives the same run. xoshiro128** 1.1 by
 * Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), seeded
 * through splitmix32 so that neighbouring seeds do not give neighbouring streams.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed any 32-bit integer; other numbers are truncated to one */
  constructor(seed: number) {
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return (z ^ (z >>> 15)) | 0;
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1; // never the all-zero state
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const scrambled = Math.imul(this.b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** A further generator with its own stream, so that one consumer's draws do not shift another's. */
  fork(): Random {
    return new Random(this.uint32());
  }
}

/** A round of mixing: every bit of the input changes half of the output's. */
function mixed(value: number): number {
  let z = value ^ (value >>> 16);
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return z ^ (z >>> 15);
}

/**
 * A number in (0, 1) that belongs to a place: the same for the same seed, purpose, thing and index, in whatever order and
 * process it is asked for, and next to nothing in common with that of any neighbour.
 * @param purpose tells draws for different purposes apart
 */
export function drawnAt(seed: number, purpose: number, thing: number, index: number): number {
  let z = mixed((seed ^ Math.imul(purpose + 1, 0x9e3779b9)) | 0);
  z = mixed((z + Math.imul(thing + 1, 0x85ebca6b)) | 0);
  z = mixed((z + Math.imul(index + 1, 0xc2b2ae35)) | 0);
  return ((z >>> 0) + 0.5) / 0x1_0000_0000;
}
