import { type Clock, type ClockLine, ownMicros } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { boundAt } from '../clock/line.js';
import { OffsetClock } from '../clock/offset-clock.js';
import type { ClockState } from '../messages.js';
import { Steering } from './steering.js';

/** Questions before anything starts: the quickest of so many has met no queue. */
const beats = 32;
/** Over a path that is so long that they would take longer, fewer are enough. */
const longestTuningMicros = 2.5e6;
const fewBeats = 4;
/** Between two of them, when the one before was answered, and after which time without an answer the next one is asked. */
const quickMillis = 5;
const unansweredMillis = 200;
/** During a run. */
const everyMillis = 250;
/** One beat in so many moves the clock of the workers. */
const steerEvery = 4;

export interface PulseOptions {
  /** Asks the coordinator for its time. */
  readonly ask: (number: number, clock: ClockState | undefined) => void;
  /** Both read the same clock: it is only asked whether the other lives. */
  readonly sameClock: boolean;
  /** What the workers are to read from its time on. */
  readonly onLine?: (line: ClockLine) => void;
  readonly clock?: Clock | undefined;
}

/** The agent's questions for the coordinator's time: each is a reading of its clock, and a sign of life of both. */
export class Pulse {
  /** Resolves when so many questions were answered that a load may start. */
  readonly tuned: Promise<void>;
  private tune: () => void = () => {};
  private readonly offset = new OffsetClock();
  private readonly steering = new Steering();
  private readonly asked = new Map<number, number>();
  private readonly clock: Clock;
  private number = 0;
  private answered = 0;
  private begun = 0;
  private isTuned = false;
  private timer: NodeJS.Timeout | undefined;
  private leastTripMicros = Number.POSITIVE_INFINITY;
  /** The most that the workers' clock may have been wrong by since {@link begin}; see {@link restart}. */
  private worstMicros = 0;
  private sinceSteered = 0;
  private piece: ClockLine | undefined;

  constructor(private readonly options: PulseOptions) {
    this.clock = options.clock ?? ownMicros;
    this.tuned = new Promise((resolve) => {
      this.tune = resolve;
    });
  }

  begin(): void {
    this.begun = this.clock();
    this.beat();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  /** The line that workers read now, or will in a moment. */
  get line(): ClockLine | undefined {
    return this.piece;
  }

  /** What the coordinator's clock is ahead of this machine's, as the workers read it. @param own this machine's */
  ahead(own: number): number {
    return this.steering.read(own);
  }

  /** The coordinator's time, as the workers read it. */
  now(): number {
    const own = this.clock();
    return own + this.steering.read(own);
  }

  /** Undefined before anything was answered. */
  get state(): ClockState | undefined {
    if (this.answered === 0) return undefined;
    const roundTripMicros = this.leastTripMicros;
    if (this.options.sameClock) return { offsetMicros: 0, boundMicros: 0, driftPpm: 0, roundTripMicros };
    const { line } = this.offset;
    if (line === undefined) return undefined;
    const boundMicros = Math.max(boundAt(line, this.clock()), this.worstMicros);
    return { offsetMicros: line.offset, boundMicros, driftPpm: line.drift * 1e6, roundTripMicros };
  }

  /** What is wrong with one of the clocks, as the end of "the clock of agent-3 …"; undefined: nothing was seen. */
  get unstable(): string | undefined {
    if (this.options.sameClock) return undefined;
    // Here it is the agent that asks, so what is followed is the coordinator's clock: where that goes back, the agent's has gone forward.
    return this.offset.unstable?.replace(/forward|back/, (way) => (way === 'back' ? 'forward' : 'back'));
  }

  /** An answer came. @throws nothing: one that was not asked for is dropped */
  heard(number: number, heardMicros: number, answeredMicros: number): void {
    const asked = this.asked.get(number);
    if (asked === undefined) return;
    this.asked.delete(number);
    const heard = this.clock();
    this.answered++;
    this.leastTripMicros = Math.min(this.leastTripMicros, heard - asked - (answeredMicros - heardMicros));
    if (!this.options.sameClock) {
      this.offset.add({ asked, received: heardMicros, answered: answeredMicros, heard });
      this.follow(heard);
    }
    const isLong = heard - this.begun > longestTuningMicros && this.answered >= fewBeats;
    if (!this.isTuned && (isLong || this.answered >= beats)) {
      this.isTuned = true;
      this.steer();
      this.tune();
    }
    if (!this.isTuned) this.again(quickMillis);
  }

  private follow(now: number): void {
    const { line } = this.offset;
    if (line === undefined || this.piece === undefined) return;
    this.worstMicros = Math.max(this.worstMicros, this.steering.bound(line, now));
    if (++this.sinceSteered >= steerEvery) this.steer();
  }

  private steer(): void {
    const { line } = this.offset;
    this.sinceSteered = 0;
    if (this.options.sameClock || line === undefined) return;
    this.piece = this.steering.steer(line, this.clock());
    this.options.onLine?.(this.piece);
  }

  private again(millis: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.beat(), millis);
  }

  private beat(): void {
    const number = this.number++;
    for (const old of this.asked.keys()) if (old < number - 20) this.asked.delete(old);
    this.again(this.isTuned ? everyMillis : unansweredMillis);
    const { state } = this;
    this.asked.set(number, this.clock());
    try {
      this.options.ask(number, state);
    } catch (error) {
      void messageOf(error); // the channel is gone, which is told elsewhere
    }
  }
}
