import { Random } from '../../base/numbers/random.js';
import type { Impairment, LinkProfile } from '../../lab/contract.js';
import { Chance } from '../../lab/emulator/chance.js';
import { jitterSource } from '../../lab/emulator/elements/jitter.js';

/** IP packets of the echoes that calibrate a link (lab/probe). */
const echoBits = 8 * (64 + 28);
const echoIntervalMicros = 2000;

/** What kernel, echo processes and emulator may add: tenths of a millisecond at any delay, and rounding of long ones. */
const addedMicros = 500;
const addedShare = 0.02;

/** Where the median of so many echoes may honestly lie, microseconds. */
export interface RoundTripBand {
  /** Of infinitely many echoes. */
  readonly medianMicros: number;
  readonly fromMicros: number;
  /** Infinity where echoes queue up. */
  readonly toMicros: number;
}

const samples = 4000;
/** Standard errors of the median on each side: one false alarm in 16,000. */
const errors = 4;

/**
 * The median round trip of a link from its own distribution of delays: jitter may be skewed and reordered packets do not
 * wait, so it is not the sum of the two delays.
 */
export function roundTripBand({ up, down }: LinkProfile, echoes: number): RoundTripBand {
  const random = new Random(1);
  const [upwards, downwards] = [delaysOf(up, random.fork()), delaysOf(down, random.fork())];
  const trips = Float64Array.from({ length: samples }, () => upwards() + downwards()).sort();
  const at = (share: number): number => trips[Math.round(Math.max(0, Math.min(1, share)) * (samples - 1))]!;
  const correlation = Math.max(
    ...[up, down].map((one) => Math.max(one.jitterCorrelation ?? 0, one.reorderCorrelation ?? 0)),
  );
  const alike = Math.sqrt((1 + correlation) / Math.max(1e-3, 1 - correlation));
  const width = (errors * alike * 0.5) / Math.sqrt(Math.max(1, echoes));
  const medianMicros = at(0.5);
  const added = addedMicros + addedShare * medianMicros;
  return {
    medianMicros,
    // Nothing makes a link faster than its delay; the clock is that of one machine.
    fromMicros: at(0.5 - width) - addedMicros / 5,
    toMicros: [up, down].some(queues) ? Number.POSITIVE_INFINITY : at(0.5 + width) + added,
  };
}

/** Whether echoes may have to wait for one another, or for the turn of their group. */
function queues({ rateBits, trace, slot }: Impairment): boolean {
  return (
    trace !== undefined ||
    slot !== undefined ||
    (rateBits !== undefined && rateBits < (1.2 * echoBits * 1e6) / echoIntervalMicros)
  );
}

function delaysOf(settings: Impairment, random: Random): () => number {
  const { delayMicros: fixed = 0, reorder = 0, reorderGap = 1, rateBits } = settings;
  const jitter = settings.jitterMicros ? jitterSource(random.fork(), settings) : () => 0;
  // Of every gap packets one is asked, until one leaves at once.
  const overtake = new Chance(random.fork(), reorder > 0 ? 1 / (reorderGap - 1 + 1 / reorder) : 0);
  const sending = rateBits ? (echoBits * 1e6) / rateBits : 0;
  return () => sending + (overtake.next() ? 0 : Math.max(0, fixed + jitter()));
}
