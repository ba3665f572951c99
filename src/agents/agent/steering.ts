import type { ClockLine } from '../../base/clock.js';
import { boundAt, type ClockLine as Fitted, offsetAt } from '../clock/line.js';

/** A new line holds from so much later on, so that every worker process of the agent has it by then. */
const leadMicros = 100_000;
/** What a line is off is made up for over this time. */
const catchUpMicros = 1e6;
/**
 * Beside the drift itself time runs by no more than this too fast or too slow: what is measured by differences (a PUBACK, a
 * connect) is off by half of what a histogram can show.
 */
const mostSlew = 500e-6;

/**
 * What the workers of an agent take for the coordinator's time, from what is known of it better and better: straight pieces that
 * meet, so that it never jumps and all workers read the same.
 */
export class Steering {
  private pieces: ClockLine[] = [];

  /** What the coordinator's clock is taken to be ahead. @param own this machine's clock */
  read(own: number): number {
    const piece = this.pieces.findLast(({ fromMicros }) => fromMicros <= own) ?? this.pieces[0];
    return piece === undefined ? 0 : piece.offsetMicros + (own - piece.fromMicros) * piece.slope;
  }

  /** By how much that may be wrong, as it is known now. */
  bound(line: Fitted, own: number): number {
    return Math.abs(this.read(own) - offsetAt(line, own)) + boundAt(line, own);
  }

  /** The next piece. @param own now, by this machine's clock */
  steer(line: Fitted, own: number): ClockLine {
    const piece = this.pieces.length === 0 ? first(line, own) : this.next(line, own + leadMicros);
    this.pieces = [...this.pieces.slice(-2), piece];
    return piece;
  }

  private next(line: Fitted, fromMicros: number): ClockLine {
    const offsetMicros = this.read(fromMicros);
    const wanted = (offsetAt(line, fromMicros + catchUpMicros) - offsetMicros) / catchUpMicros;
    const slope = Math.min(line.drift + mostSlew, Math.max(line.drift - mostSlew, wanted));
    return { fromMicros, offsetMicros, slope };
  }
}

const first = (line: Fitted, own: number): ClockLine => ({
  fromMicros: own,
  offsetMicros: offsetAt(line, own),
  slope: line.drift,
});
