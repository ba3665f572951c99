import { addCounts, type Counts, noCounts, Segment, type SegmentData } from '../segment.js';
import type { Outstanding } from './outstanding.js';

interface Boundary {
  readonly at: number;
  /** undefined: the window goes on, and what completes later can be told from what completed before. */
  readonly name: string | null | undefined;
}

/**
 * The measure windows of one worker. Boundaries are times agreed beforehand, so all workers cut at the same instant. A
 * sample belongs to the segment in which its operation was due: what a blackout holds up counts in the blackout,
 * however late it is acknowledged.
 */
export class Recorder {
  current: Segment;
  /** In order of time; the last one is `current`. */
  private readonly all: Segment[];
  private readonly boundaries: Boundary[] = [];
  private next = Number.POSITIVE_INFINITY;

  constructor(
    startMicros: number,
    private readonly clients: number,
  ) {
    this.current = new Segment(null, startMicros);
    this.all = [this.current];
  }

  /**
   * What is due from `at` on belongs to a window of this name; null ends the window before it.
   * @returns how many microseconds too late the order came; 0 when it was in time
   */
  boundary(name: string | null, at: number, now: number): number {
    this.cut({ name, at }, now);
    return Math.max(0, now - at);
  }

  /** From `at` on what completes is told apart from what completed before; the window stays the same. */
  split(at: number, now: number): void {
    this.cut({ name: undefined, at }, now);
  }

  private cut(boundary: Boundary, now: number): void {
    this.boundaries.push(boundary);
    this.boundaries.sort((a, b) => a.at - b.at);
    this.next = this.boundaries[0]?.at ?? Number.POSITIVE_INFINITY;
    this.roll(now);
  }

  /** The segment that a time lies in: for latencies that of the due time, for what comes through the present one. */
  at(micros: number): Segment {
    if (micros >= this.next) this.roll(micros);
    return micros >= this.current.fromMicros ? this.current : this.earlier(micros);
  }

  private earlier(micros: number): Segment {
    for (let i = this.all.length - 2; i > 0; i--) {
      const segment = this.all[i] as Segment;
      if (micros >= segment.fromMicros) return segment;
    }
    return this.all[0] as Segment;
  }

  /** Opens the segments that have begun until `now`. */
  roll(now: number): void {
    if (now < this.next) return;
    for (let due = this.boundaries[0]; due !== undefined && due.at <= now; due = this.boundaries[0]) {
      this.boundaries.shift();
      this.current.toMicros = due.at;
      this.current = new Segment(due.name === undefined ? this.current.name : due.name, due.at);
      this.all.push(this.current);
    }
    this.next = this.boundaries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /**
   * A client heard nothing from `since` to `now`. The silence counts whole: in the window in which the message that ended
   * it was due, and in every window that it fills.
   */
  noteGap(client: number, since: number, now: number, due: number): void {
    const micros = now - since;
    if (micros <= 0) return;
    this.at(due).noteGap(client, micros, this.clients);
    if (since >= this.current.fromMicros) return;
    for (let i = this.all.length - 1; i >= 0; i--) {
      const { fromMicros, toMicros } = this.all[i] as Segment;
      if (toMicros <= since) break;
      if (since <= fromMicros && toMicros <= now) (this.all[i] as Segment).noteGap(client, micros, this.clients);
    }
  }

  totals(): Counts {
    const sum = noCounts();
    for (const segment of this.all) addCounts(sum, segment.counts);
    return sum;
  }

  /** Everything recorded until now. Recording may go on afterwards. @param outstanding what is not finished now */
  segments(now: number, outstanding?: Outstanding): SegmentData[] {
    this.roll(now);
    const lastOf = new Map(this.all.map((segment) => [segment.name, segment]));
    const data = this.all.map((segment) => {
      const to = Math.min(segment.toMicros, now);
      // A client has one longest silence in a window, also where the window has several parts.
      if (segment.name === null || lastOf.get(segment.name) !== segment) return segment.toData(to);
      const gaps = new Float64Array(this.clients);
      for (const part of this.all) if (part.name === segment.name) part.addGapsTo(gaps);
      for (const [client, micros] of outstanding?.silences ?? []) {
        if (gaps[client] !== micros) continue; // a longer one that has ended, or the silence was in other windows
        gaps[client] = 0;
        outstanding?.atLeast(segment, 'delivery.gap', micros);
      }
      return segment.toData(to, gaps);
    });
    if (outstanding === undefined) return data;
    return data.map((one, i) => {
      const left = outstanding.of(this.all[i] as Segment);
      return left === undefined ? one : { ...one, left };
    });
  }
}
