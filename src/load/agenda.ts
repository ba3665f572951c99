import { Random } from '../base/random.js';
import type { LoadPlan } from './contract.js';
import { publisherCount } from './naming.js';
import { publishSchedule } from './schedule.js';
import { globalNumber, type Share, shareOf } from './split.js';

/**
 * When things are due where the order of clients is not that of their numbers: every client waits its own time
 * before its first message. Like a {@link Schedule} it is computed, never measured.
 */
export interface Timetable {
  /** Microseconds after the start at which the client's message `sequence` is due; Infinity when there is none. */
  dueAt(client: number, sequence: number): number;
  /** How many messages of all clients are due in [0, elapsed). */
  countBefore(elapsedMicros: number): number;
}

/** @returns undefined for a plan whose clients take turns, which a schedule describes */
export function timetableOf(plan: LoadPlan): Timetable | undefined {
  const schedule = publishSchedule(plan);
  const { firstWait } = plan.publish ?? {};
  if (schedule === undefined || firstWait === undefined) return undefined;
  const clients = publisherCount(plan);
  const waits = Float64Array.from({ length: clients }, (_, client) => waitOf(plan.seed, client, firstWait));
  const dueAt = (client: number, sequence: number): number =>
    schedule.dueAt(sequence * clients + client) + (waits[client] as number);
  const countBefore = (elapsed: number): number => {
    let sum = 0;
    for (let client = 0; client < clients; client++) {
      sum += firstFrom((sequence) => dueAt(client, sequence), elapsed);
    }
    return sum;
  };
  return { dueAt, countBefore };
}

/** The same client of the same seed always waits the same, in whatever process it lives. */
function waitOf(seed: number, client: number, between: { minMicros: number; maxMicros: number }): number {
  const { minMicros, maxMicros } = between;
  return minMicros + new Random(seed + Math.imul(client + 1, 0x9e37)).next() * (maxMicros - minMicros);
}

/** The smallest sequence that is not due before `elapsed`; `dueAt` must not fall. */
function firstFrom(dueAt: (sequence: number) => number, elapsed: number): number {
  let low = 0;
  let high = 1;
  while (dueAt(high) < elapsed) high *= 2;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (dueAt(middle) < elapsed) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a worker's clients have to publish, in order of time: each client's next message in a binary heap. */
export class Agenda {
  private readonly due: Float64Array;
  private readonly sequence: Float64Array;
  /** Local client numbers; the one whose next message is due first is at 0. */
  private readonly heap: Int32Array;

  constructor(
    private readonly timetable: Timetable,
    clients: number,
    private readonly share: Share,
  ) {
    const own = shareOf(clients, share);
    this.sequence = new Float64Array(own);
    this.due = Float64Array.from({ length: own }, (_, local) => timetable.dueAt(globalNumber(local, share), 0));
    this.heap = Int32Array.from({ length: own }, (_, local) => local);
    for (let at = (own >>> 1) - 1; at >= 0; at--) this.sink(at);
  }

  /** Microseconds after the start at which the next message is due; Infinity when there is none. */
  get next(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : (this.due[this.heap[0] as number] as number);
  }

  /** Takes the next message. @returns the worker's own number of its client */
  take(): number {
    const local = this.heap[0] as number;
    const sequence = (this.sequence[local] as number) + 1;
    this.sequence[local] = sequence;
    this.due[local] = this.timetable.dueAt(globalNumber(local, this.share), sequence);
    this.sink(0);
    return local;
  }

  private sink(from: number): void {
    const { heap, due } = this;
    const item = heap[from] as number;
    const key = due[item] as number;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.dueOf(child + 1) < this.dueOf(child)) child++;
      if (this.dueOf(child) >= key) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = item;
  }

  private dueOf(position: number): number {
    return this.due[this.heap[position] as number] as number;
  }
}
