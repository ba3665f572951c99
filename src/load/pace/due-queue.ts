import type { Schedule } from './schedule.js';
import { globalNumber, type Share, ShareCursor, shareOf } from './split.js';
import type { Timetable } from './timetable.js';

/** What the clients of one worker have to publish, in order of time. */
export interface DueQueue {
  /** Microseconds after the start at which the next message is due; Infinity when there is none. */
  readonly next: number;
  /** Whose it is: the worker's own number of the client. */
  readonly client: number;
  /** Which of the client's topics it goes to, where they have a pace of their own; else 0. */
  readonly flow: number;
  /** The next has been taken. */
  advance(): void;
}

/** Clients take turns in the order of their numbers: message k belongs to client k mod clients. */
export class Rotation implements DueQueue {
  next: number;
  readonly flow = 0;
  private readonly cursor: ShareCursor;

  constructor(
    private readonly schedule: Schedule,
    clients: number,
    share: Share,
  ) {
    this.cursor = new ShareCursor(clients, share);
    this.next = this.due();
  }

  get client(): number {
    return this.cursor.client;
  }

  advance(): void {
    this.cursor.advance();
    this.next = this.due();
  }

  private due(): number {
    const { index } = this.cursor;
    return index === Number.POSITIVE_INFINITY ? index : this.schedule.dueAt(index);
  }
}

/** Where the order of clients is not that of their numbers: the next message of each client and topic in a binary heap. */
export class Agenda implements DueQueue {
  private readonly due: Float64Array;
  private readonly sequence: Float64Array;
  /** Local client number times flows plus flow; the one whose next message is due first is at 0. */
  private readonly heap: Int32Array;

  constructor(
    private readonly timetable: Pick<Timetable, 'dueAt' | 'flows'>,
    clients: number,
    private readonly share: Share,
  ) {
    const own = shareOf(clients, share) * timetable.flows;
    this.sequence = new Float64Array(own);
    this.due = Float64Array.from({ length: own }, (_, item) => this.dueAt(item, 0));
    this.heap = Int32Array.from({ length: own }, (_, item) => item);
    for (let at = (own >>> 1) - 1; at >= 0; at--) this.sink(at);
  }

  get next(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : (this.due[this.heap[0] as number] as number);
  }

  get client(): number {
    return Math.floor((this.heap[0] as number) / this.timetable.flows);
  }

  get flow(): number {
    return (this.heap[0] as number) % this.timetable.flows;
  }

  advance(): void {
    const item = this.heap[0] as number;
    const sequence = (this.sequence[item] as number) + 1;
    this.sequence[item] = sequence;
    this.due[item] = this.dueAt(item, sequence);
    this.sink(0);
  }

  private dueAt(item: number, sequence: number): number {
    const { timetable, share } = this;
    const { flows } = timetable;
    return timetable.dueAt(globalNumber(Math.floor(item / flows), share), sequence, item % flows);
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
