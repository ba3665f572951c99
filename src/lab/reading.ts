import type { HistogramData } from '../metrics/histogram.js';
import type { ProcessorUse } from '../metrics/resources.js';
import type { DirectionCounters, LinkCounters, LinkProfile } from './contract.js';

/** What is left to chance on a link. */
export type Chanced = 'loss' | 'duplicate' | 'corrupt' | 'reorder';

/** How many packets were put to a chance, and how many it hit. */
export interface Draws {
  tried: number;
  hit: number;
}

/** By what was left to chance; absent: this backend does not count it. What a blackout took was not left to chance. */
export type DirectionDraws = Partial<Record<Chanced, Draws>>;

/** A time in which the link was asked for one thing: from one change of its profile, or reading, to the next. */
export interface Stretch {
  readonly profile: LinkProfile;
  readonly up: DirectionDraws;
  readonly down: DirectionDraws;
}

export interface LinkReading {
  /** Since the link was made. */
  readonly counters: LinkCounters;
  /** Since the reading before. */
  readonly stretches: readonly Stretch[];
  /** Of the backend that is a process: what that process did. */
  readonly emulator?: EmulatorReading;
}

/** The emulator about itself. */
export interface EmulatorReading {
  /** Since it started. */
  readonly use: ProcessorUse;
  /** Whether the kernel gave it real-time priority. */
  readonly realTime: boolean;
  /**
   * Since the reading before: how much later than it should have each packet left, microseconds. What it may have waited
   * before it was read is in it, so this is an upper bound.
   */
  readonly lateness: HistogramData;
  /** Since the link was made: packets that the kernel dropped before the emulator could read them. */
  readonly unread: number;
}

/** What was counted from one look at a direction to the next. Counters that the link does not have are in neither. */
export function countersBetween(before: DirectionCounters, after: DirectionCounters): DirectionCounters {
  const names = Object.keys(after) as (keyof DirectionCounters)[];
  const entries = names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]);
  return Object.fromEntries(entries) as unknown as DirectionCounters;
}
