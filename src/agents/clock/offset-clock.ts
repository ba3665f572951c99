import { formatDuration } from '../../base/units.js';
import { type Exchange, mostDrift, type Reading, readingOf } from './exchange.js';
import { fitLine } from './fit.js';
import type { ClockLine } from './line.js';

/** For how long readings count, microseconds: long enough for a drift within a few ppm. */
const keptMicros = 20e6;
/** Of those of each half second the best are kept: a thousand agents are to be followed by one coordinator. */
const bucketMicros = 0.5e6;

/** A reading with when its bucket began. */
interface Kept extends Reading {
  readonly bucket: number;
}

/**
 * Where one agent's clock is, from exchanges with it. Nothing is taken for granted of the ways there and back: the bound that goes with
 * an offset holds as long as the drift of the two clocks stays within `wander` (fit.ts), and a clock that is corrected by more
 * or steps is found out as soon as readings contradict each other.
 */
export class OffsetClock {
  private kept: Kept[] = [];
  /** What all readings so far leave, at the time of the last one, if the clocks part by no more than {@link mostDrift}. */
  private sure: Reading | undefined;
  private latest: ClockLine | undefined;
  private least = Number.POSITIVE_INFINITY;
  private count = 0;
  private corrected = 0;
  private steps = '';

  /** How many exchanges there were. */
  get exchanges(): number {
    return this.count;
  }

  /** The least round trip of them, microseconds; Infinity without any. */
  get leastTripMicros(): number {
    return this.least;
  }

  /** How often no line fitted any more and the readings before were dropped: somebody corrects one of the two clocks, by NTP say. */
  get corrections(): number {
    void this.line; // not found before it is looked for
    return this.corrected;
  }

  /** What is wrong with it, as the end of "the clock of agent-3 …"; undefined: nothing was seen. */
  get unstable(): string | undefined {
    return this.steps === '' ? undefined : this.steps;
  }

  /** The line as of the last exchange; undefined without any. It is looked for when it is asked for. */
  get line(): ClockLine | undefined {
    const last = this.kept.at(-1);
    if (last !== undefined && this.latest?.at !== last.at) this.latest = this.fitted(last.at);
    return this.latest;
  }

  add(exchange: Exchange): void {
    const reading = readingOf(exchange);
    this.count++;
    this.least = Math.min(this.least, exchange.heard - exchange.asked - (exchange.answered - exchange.received));
    this.watchSteps(reading);
    this.keep(reading);
  }

  private watchSteps(reading: Reading): void {
    const before = this.sure;
    this.sure = reading;
    if (before === undefined) return;
    const parted = mostDrift * Math.abs(reading.at - before.at);
    const low = Math.max(reading.low, before.low - parted);
    const high = Math.min(reading.high, before.high + parted);
    if (low <= high) {
      this.sure = { at: reading.at, low, high };
      return;
    }
    const forward = reading.low > before.high;
    const by = forward ? reading.low - before.high : before.low - reading.high;
    this.steps = `went ${forward ? 'forward' : 'back'} by ${formatDuration(by)} against the coordinator's within ${formatDuration(reading.at - before.at)}`;
    this.kept = [];
  }

  private keep(reading: Reading): void {
    const bucket = Math.floor(reading.at / bucketMicros);
    const old = (reading.at - keptMicros) / bucketMicros;
    this.kept = this.kept.filter((one) => one.bucket >= old);
    this.kept.push({ ...reading, bucket });
    const same = this.kept.filter((one) => one.bucket === bucket);
    if (same.length <= 3) return;
    const best = bestOf(same, this.latest?.drift ?? 0);
    this.kept = this.kept.filter((one) => one.bucket !== bucket || best.has(one));
  }

  /** Through as many readings as agree with the last one. */
  private fitted(at: number): ClockLine {
    const all = fitLine(this.kept, at);
    if (all !== undefined) return all;
    this.corrected++;
    let [agree, disagree] = [1, this.kept.length];
    while (disagree - agree > 1) {
      const middle = Math.floor((agree + disagree) / 2);
      if (fitLine(this.kept.slice(-middle), at) === undefined) disagree = middle;
      else agree = middle;
    }
    this.kept = this.kept.slice(-agree);
    const [last] = this.kept.slice(-1) as [Kept];
    return fitLine(this.kept, at) ?? alone(last, at);
  }
}

/** The one with the narrowest bounds, and those that say most about either end. */
function bestOf(readings: readonly Kept[], drift: number): Set<Kept> {
  const least = (value: (one: Kept) => number): Kept =>
    readings.reduce((best, one) => (value(one) < value(best) ? one : best));
  return new Set([
    least(({ low, high }) => high - low),
    least(({ at, high }) => high - drift * at),
    least(({ at, low }) => drift * at - low),
    readings.at(-1) as Kept,
  ]);
}

const alone = ({ low, high }: Reading, at: number): ClockLine => ({
  at,
  offset: (low + high) / 2,
  drift: 0,
  bound: (high - low) / 2,
  slack: mostDrift,
});
