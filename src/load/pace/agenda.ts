import { Random } from '../../base/random.js';
import type { LoadPlan, TopicPlan } from '../../plan/plan.js';
import { publisherCount } from '../client/naming.js';
import { endlessSchedule, publishSchedule, type Schedule } from './schedule.js';
import { globalNumber, type Share, shareOf } from './split.js';

/**
 * When things are due where the order of clients is not that of their numbers: every client waits its own time
 * before its first message, or topics have intervals of their own. Like a {@link Schedule} it is computed, never measured.
 */
export interface Timetable {
  /** Microseconds after the start at which the client's message `sequence` is due; Infinity when there is none. */
  dueAt(client: number, sequence: number, flow: number): number;
  /** Topics with a pace of their own per client; 1 when a client has one pace. */
  readonly flows: number;
  /** How many messages of all clients are due in [0, elapsed). */
  countBefore(elapsedMicros: number): number;
  /** When the last message is due; undefined: without end. */
  readonly lastDue?: number;
}

/** Of one client and topic; see {@link Timetable.dueAt}. */
type DueAt = Timetable['dueAt'];

/** @returns undefined for a plan whose clients take turns, which a schedule describes */
export function timetableOf(plan: LoadPlan): Timetable | undefined {
  const schedule = publishSchedule(plan);
  const { firstWait, each, rate = 0, limit } = plan.publish ?? {};
  if (schedule === undefined || (firstWait === undefined && each === undefined)) return undefined;
  const clients = publisherCount(plan);
  const flows = each?.length ?? 1;
  const waits = Float64Array.from({ length: clients }, (_, client) =>
    firstWait === undefined ? 0 : waitOf(plan.seed, client, firstWait),
  );
  if (each === undefined) {
    const dueAt: DueAt = (client, sequence) => schedule.dueAt(sequence * clients + client) + (waits[client] as number);
    return { dueAt, countBefore: counterOf(dueAt, clients, flows), flows };
  }
  // A shape bends time for all topics alike: what a constant rate has at t is due when the shape has come as far.
  const endless = endlessSchedule(plan) as Schedule;
  const bent = (steady: number): number =>
    plan.publish?.shape === undefined ? steady : endless.dueAt((steady * rate) / 1e6);
  const dueAt: DueAt = (client, sequence, flow) =>
    bent((sequence + client / clients) * (each[flow] as TopicPlan).intervalMicros) + (waits[client] as number);
  if (limit === undefined) return { dueAt, countBefore: counterOf(dueAt, clients, flows), flows };
  return { ...limited(dueAt, { clients, flows, limit }), flows };
}

function counterOf(dueAt: DueAt, clients: number, flows: number): Timetable['countBefore'] {
  return (elapsed) => {
    let sum = 0;
    for (let client = 0; client < clients; client++) {
      for (let flow = 0; flow < flows; flow++) {
        sum += firstFrom((sequence) => dueAt(client, sequence, flow), elapsed);
      }
    }
    return sum;
  };
}

/** Times closer than this are told apart by client and topic. */
const instantMicros = 1e-3;

/** The first `limit` messages in order of time, then of client and topic; the others are never due. */
function limited(
  dueAt: DueAt,
  { clients, flows, limit }: { clients: number; flows: number; limit: number },
): Pick<Timetable, 'dueAt' | 'countBefore' | 'lastDue'> {
  const countBefore = counterOf(dueAt, clients, flows);
  let from = 0;
  let to = 1e6;
  while (countBefore(to) < limit) to *= 2;
  while (to - from > instantMicros) {
    const middle = (from + to) / 2;
    if (middle <= from || middle >= to) break; // next to each other already
    if (countBefore(middle) < limit) from = middle;
    else to = middle;
  }
  const last: { readonly due: number; readonly item: number; readonly sequence: number }[] = [];
  for (let item = 0; item < clients * flows; item++) {
    const due = (sequence: number): number => dueAt(Math.floor(item / flows), sequence, item % flows);
    for (let sequence = firstFrom(due, from); due(sequence) < to; sequence++)
      last.push({ due: due(sequence), item, sequence });
  }
  last.sort((a, b) => a.due - b.due || a.item - b.item || a.sequence - b.sequence);
  const lastOf = new Map(last.slice(0, limit - countBefore(from)).map(({ item, sequence }) => [item, sequence]));
  const until: DueAt = (client, sequence, flow) => {
    const due = dueAt(client, sequence, flow);
    const taken = due < from || sequence <= (lastOf.get(client * flows + flow) ?? -1);
    return taken ? due : Number.POSITIVE_INFINITY;
  };
  return { dueAt: until, countBefore: counterOf(until, clients, flows), lastDue: to };
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

/** What a worker's clients have to publish, in order of time: the next message of each client and topic in a binary heap. */
export class Agenda {
  private readonly due: Float64Array;
  private readonly sequence: Float64Array;
  /** Local client number times flows plus flow; the one whose next message is due first is at 0. */
  private readonly heap: Int32Array;

  constructor(
    private readonly timetable: Timetable,
    clients: number,
    private readonly share: Share,
  ) {
    const own = shareOf(clients, share) * timetable.flows;
    this.sequence = new Float64Array(own);
    this.due = Float64Array.from({ length: own }, (_, item) => this.dueAt(item, 0));
    this.heap = Int32Array.from({ length: own }, (_, item) => item);
    for (let at = (own >>> 1) - 1; at >= 0; at--) this.sink(at);
  }

  /** Microseconds after the start at which the next message is due; Infinity when there is none. */
  get next(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : (this.due[this.heap[0] as number] as number);
  }

  /** Takes the next message. @returns the worker's own number of its client, and the topic */
  take(): { readonly local: number; readonly flow: number } {
    const { flows } = this.timetable;
    const item = this.heap[0] as number;
    const sequence = (this.sequence[item] as number) + 1;
    this.sequence[item] = sequence;
    this.due[item] = this.dueAt(item, sequence);
    this.sink(0);
    return { local: Math.floor(item / flows), flow: item % flows };
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
