import { Heap } from '../../base/heap.js';
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

/** Where the order of clients is not that of their numbers: the next message of each client and topic in a heap. */
export class Agenda implements DueQueue {
  /** By item: the local client number times flows plus flow. */
  private readonly due: Float64Array;
  private readonly sequence: Float64Array;
  private readonly heap: Heap;

  constructor(
    private readonly timetable: Pick<Timetable, 'dueAt' | 'flows'>,
    clients: number,
    private readonly share: Share,
  ) {
    const own = shareOf(clients, share) * timetable.flows;
    const due = Float64Array.from({ length: own }, (_, item) => this.dueAt(item, 0));
    this.due = due;
    this.sequence = new Float64Array(own);
    this.heap = new Heap(own, (one, other) => (due[one] as number) < (due[other] as number));
    for (let item = 0; item < own; item++) this.heap.push(item);
  }

  get next(): number {
    return this.heap.size === 0 ? Number.POSITIVE_INFINITY : (this.due[this.heap.top] as number);
  }

  get client(): number {
    return Math.floor(this.heap.top / this.timetable.flows);
  }

  get flow(): number {
    return this.heap.top % this.timetable.flows;
  }

  advance(): void {
    const item = this.heap.top;
    const sequence = (this.sequence[item] as number) + 1;
    this.sequence[item] = sequence;
    this.due[item] = this.dueAt(item, sequence);
    this.heap.sinkTop();
  }

  private dueAt(item: number, sequence: number): number {
    const { timetable, share } = this;
    const { flows } = timetable;
    return timetable.dueAt(globalNumber(Math.floor(item / flows), share), sequence, item % flows);
  }
}
