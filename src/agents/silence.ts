import type { Clock } from '../base/clock.js';

/** Who has not been heard for so long is gone. With a look every 100 ms that is known within 1.8 s. */
export const longestSilenceMicros = 1.5e6;
export const lookMillis = 100;
/** What others did because they heard nothing is heard by then. */
const aftermathMicros = 3e6;

/** Said by an agent that ends its load because of that. */
export const notHeard = 'its coordinator is not heard any more';

/**
 * How long others have been silent, less the time in which this process itself was held up and could not hear: a machine that
 * was stopped for a while is not to think that everybody else has died.
 */
export class Silence {
  private lookedAt: number;
  private readonly heardAt = new Map<string, number>();
  /** Longest time by which a look came too late. */
  heldUpMicros = 0;
  /** The latest time by which a look came later than others wait. */
  private stoodStill = { untilMicros: Number.NEGATIVE_INFINITY, micros: 0 };

  constructor(private readonly clock: Clock) {
    this.lookedAt = clock();
  }

  /** For how long this process has just stood still, so long that others may have given it up; 0: it has not. */
  get stoodStillMicros(): number {
    const now = this.clock();
    const late = now - this.lookedAt - lookMillis * 1000; // of the look that is due now
    if (late > longestSilenceMicros) return late;
    const { untilMicros, micros } = this.stoodStill;
    return now - untilMicros < aftermathMicros ? micros : 0;
  }

  heard(who: string): void {
    this.heardAt.set(who, this.clock());
  }

  forget(who: string): void {
    this.heardAt.delete(who);
  }

  /** To be called every {@link lookMillis}. @returns who has been silent for too long, and how long, µs; each is told once */
  look(): { readonly who: string; readonly silentMicros: number }[] {
    const now = this.clock();
    const late = now - this.lookedAt - lookMillis * 1000;
    this.lookedAt = now;
    this.heldUpMicros = Math.max(this.heldUpMicros, late);
    if (late > longestSilenceMicros) this.stoodStill = { untilMicros: now, micros: late };
    const gone: { who: string; silentMicros: number }[] = [];
    for (const [who, at] of this.heardAt) {
      const since = late > lookMillis * 1000 ? Math.min(now, at + late) : at;
      this.heardAt.set(who, since);
      if (now - since < longestSilenceMicros) continue;
      gone.push({ who, silentMicros: now - since });
      this.heardAt.delete(who);
    }
    return gone;
  }
}
