import { mostDrift, type Reading } from './exchange.js';
import type { ClockLine } from './line.js';

/**
 * By how much the drift may change from one moment to another, either way, microseconds per microsecond. Temperature moves a
 * crystal by a tenth of that, and a clock that is disciplined is moved by a few ppm at a time; where it is corrected by more, no
 * line fits any more (see {@link OffsetClock}).
 */
const wander = 10e-6;

/**
 * All lines that pass through every reading, as one line with what it may be wrong by. A reading from long ago bounds the offset
 * now by what it said and how far the clock may have gone since: for a drift r the offset at `at` is at most
 * min(high + r·d + wander·|d|) and at least max(low + r·d − wander·|d|) over the readings, d being how long ago each was. The
 * first is concave in r and the second convex, so that the drifts for which there is an offset are one interval.
 * @returns undefined when no line passes through all
 */
export function fitLine(readings: readonly Reading[], at: number): ClockLine | undefined {
  const bounds = new Bounds(readings, at);
  const room: Concave = (drift) => less(bounds.highest(drift), bounds.lowest(drift));
  const best = peak(room, -mostDrift, mostDrift);
  if (best.value < 0) return undefined;
  const least = room(-mostDrift).value >= 0 ? -mostDrift : edge(room, -mostDrift);
  const most = room(mostDrift).value >= 0 ? mostDrift : edge(room, mostDrift);
  const high = peak((drift) => bounds.highest(drift), least, most).value;
  const low = -peak((drift) => less(nothing, bounds.lowest(drift)), least, most).value;
  return {
    at,
    offset: (low + high) / 2,
    drift: (least + most) / 2,
    bound: (high - low) / 2,
    slack: (most - least) / 2 + wander,
  };
}

/** A value of a function, and how it goes on from there. */
interface Point {
  readonly value: number;
  readonly slope: number;
}

/** A function of a drift that is the least of several straight ones. */
type Concave = (drift: number) => Point;

const nothing: Point = { value: 0, slope: 0 };
const less = (one: Point, other: Point): Point => ({
  value: one.value - other.value,
  slope: one.slope - other.slope,
});

/** What the readings leave of the offset, for a drift. */
class Bounds {
  constructor(
    private readonly readings: readonly Reading[],
    private readonly at: number,
  ) {}

  highest(drift: number): Point {
    let [value, slope] = [Number.POSITIVE_INFINITY, 0];
    for (const { at, high } of this.readings) {
      const since = this.at - at;
      const most = high + drift * since + wander * Math.abs(since);
      if (most < value) [value, slope] = [most, since];
    }
    return { value, slope };
  }

  lowest(drift: number): Point {
    let [value, slope] = [Number.NEGATIVE_INFINITY, 0];
    for (const { at, low } of this.readings) {
      const since = this.at - at;
      const least = low + drift * since - wander * Math.abs(since);
      if (least > value) [value, slope] = [least, since];
    }
    return { value, slope };
  }
}

/** Pieces of a function: more of them than readings there are not, and each look finds another. */
const mostLooks = 200;
/** What is less than this apart is the same, microseconds. */
const same = 1e-6;

/** The largest value between two drifts: where the straight pieces on both sides of it meet, as soon as the function goes through there. */
function peak(of: Concave, from: number, to: number): Point {
  let [left, right] = [from, to];
  let [rising, falling] = [of(left), of(right)];
  if (rising.slope <= 0) return rising;
  if (falling.slope >= 0) return falling;
  for (let look = 0; look < mostLooks; look++) {
    const meet =
      (falling.value - falling.slope * right - rising.value + rising.slope * left) / (rising.slope - falling.slope);
    const there = of(meet);
    const promised = rising.value + rising.slope * (meet - left);
    if (promised - there.value < same || there.slope === 0) return { value: promised, slope: 0 };
    if (there.slope > 0) [left, rising] = [meet, there];
    else [right, falling] = [meet, there];
  }
  return { value: rising.value + rising.slope * (right - left), slope: 0 };
}

/** Where a function that is below 0 at an end comes up to 0: from outside, so that it is never too narrow. */
function edge(of: Concave, end: number): number {
  let drift = end;
  for (let look = 0; look < mostLooks; look++) {
    const { value, slope } = of(drift);
    if (value > -same || slope === 0) break;
    drift -= value / slope;
  }
  return drift;
}
