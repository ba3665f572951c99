import { usageError } from '../../../base/errors.js';
import type { Impairment } from '../../contract.js';
import { Queued, type Surroundings } from './element.js';

/** Bytes that one delivery opportunity of a trace carries (mm-link(1)). */
const opportunityBytes = 1500;

/**
 * A recorded link: packets leave at the recorded moments, 1,500 bytes at each. Small packets share a moment, a packet for which
 * the rest of one is too small uses the next ones, too; an unused moment is lost. The trace repeats.
 */
export class Trace extends Queued {
  private readonly times: readonly number[];
  private readonly period: number;
  private readonly maxWait: number;
  /** Number of the next opportunity that is not used up. */
  private next = 0;
  private bytesLeft = opportunityBytes;
  private origin = Number.NaN;

  /** @param settings its `trace` holds milliseconds, rising */
  constructor(around: Surroundings, settings: Impairment, limit: number) {
    super(around, limit);
    this.times = (settings.trace ?? []).map((millis) => millis * 1000);
    this.period = this.times[this.times.length - 1]!;
    this.maxWait = settings.queueMicros ?? Number.POSITIVE_INFINITY;
  }

  protected take(slot: number): void {
    const { slots } = this.around;
    const at = slots.at[slot]!;
    if (Number.isNaN(this.origin)) this.origin = at; // the recording begins with the first packet
    const mark = [this.next, this.bytesLeft] as const;
    const leaves = this.book(at, slots.length[slot]!);
    if (leaves - at > this.maxWait) {
      [this.next, this.bytesLeft] = mark;
      this.drop(slot, 'queue-time');
      return;
    }
    slots.at[slot] = leaves;
    this.queue.push(slot);
  }

  /** Books the opportunities for a packet that came at `at`. @returns when its last byte leaves */
  private book(at: number, bytes: number): number {
    while (this.time() < at) this.advance();
    for (let rest = bytes; ; this.advance()) {
      if (rest <= this.bytesLeft) {
        this.bytesLeft -= rest;
        const leaves = this.time();
        if (this.bytesLeft === 0) this.advance();
        return leaves;
      }
      rest -= this.bytesLeft;
    }
  }

  private time(): number {
    const { length } = this.times;
    return this.origin + Math.floor(this.next / length) * this.period + this.times[this.next % length]!;
  }

  private advance(): void {
    this.bytesLeft = opportunityBytes;
    this.next++;
  }
}

/**
 * Reads mahimahi's format: one line per delivery opportunity, a whole number of milliseconds from the start.
 * @throws MQB_LAB_TRACE naming the line
 */
export function parseTrace(text: string, name: string): number[] {
  const times: number[] = [];
  text.split('\n').forEach((line, i) => {
    const word = line.trim();
    if (word === '') return;
    const at = Number(word);
    if (!Number.isInteger(at) || at < (times.at(-1) ?? 0)) {
      throw usageError(
        'MQB_LAB_TRACE',
        `${name}, line ${i + 1}: "${word}" is not a whole number of milliseconds that is at least the one before`,
        'one delivery opportunity per line, as mm-link(1) describes',
      );
    }
    times.push(at);
  });
  if ((times.at(-1) ?? 0) === 0)
    throw usageError('MQB_LAB_TRACE', `${name} has no delivery opportunity after its start`);
  return times;
}
