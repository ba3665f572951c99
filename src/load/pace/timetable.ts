import { type Distribution, meanOf, quantileOf } from '../../base/numbers/distribution.js';
import { drawnAt, Random } from '../../base/numbers/random.js';
import { type LoadPlan, ownTopics, type PublishPlan, type TopicPlan } from '../../plan/plan.js';
import { publisherCount } from '../client/naming.js';
import { Agenda, type DueQueue, Rotation } from './due-queue.js';
import { Memo } from './memo.js';
import { endlessSchedule, firstFrom, publishSchedule, type Schedule } from './schedule.js';
import type { Share } from './split.js';

/**
 * When the messages of a plan are due: clients take turns, or each waits its own time before its first message, or topics
 * have intervals of their own. Like a {@link Schedule} it is computed, never measured.
 */
export interface Timetable {
  /** Microseconds after the start at which the client's message `sequence` is due; Infinity when there is none. */
  dueAt(client: number, sequence: number, flow: number): number;
  /** Topics with a pace of their own per client; 1 when a client has one pace. */
  readonly flows: number;
  /** How many messages of all clients are due in [0, elapsed). */
  countBefore(elapsedMicros: number): number;
  /** When the last message is due; undefined: without end, or clients take turns. */
  readonly lastDue?: number;
  /** The messages of a worker's own clients. */
  queue(share: Share): DueQueue;
}

type Times = Omit<Timetable, 'queue'>;

/** Of one client and topic; see {@link Timetable.dueAt}. */
type DueAt = Timetable['dueAt'];

/** @returns undefined for a plan without publishes and for a closed loop, where acknowledgements set the pace */
export function timetableOf(plan: LoadPlan): Timetable | undefined {
  let known = timetables.get(plan);
  if (known === undefined) {
    known = { of: madeOf(plan) };
    timetables.set(plan, known);
  }
  return known.of;
}

/** Each is asked for by many, and what it draws is kept in it. */
const timetables = new WeakMap<LoadPlan, { readonly of: Timetable | undefined }>();

function madeOf(plan: LoadPlan): Timetable | undefined {
  const schedule = publishSchedule(plan);
  if (schedule === undefined) return undefined;
  const clients = publisherCount(plan);
  const times = ownPaces(plan, schedule, clients);
  if (times !== undefined) return { ...times, queue: (share) => new Agenda(times, clients, share) };
  return {
    dueAt: (client, sequence) => schedule.dueAt(sequence * clients + client),
    flows: 1,
    countBefore: schedule.countBefore,
    queue: (share) => new Rotation(schedule, clients, share),
  };
}

/** Where the order of clients is not that of their numbers; undefined where they take turns. */
function ownPaces(plan: LoadPlan, schedule: Schedule, clients: number): Times | undefined {
  const { pace, limit } = plan.publish as PublishPlan;
  const each = ownTopics(plan);
  if (pace.kind === 'closed') return undefined;
  const { firstWait, perSecond: rate, shape, gaps } = pace;
  if (firstWait === undefined && each === undefined && gaps === undefined) return undefined;
  const flows = each?.length ?? 1;
  const waits = Float64Array.from({ length: clients }, (_, client) =>
    firstWait === undefined ? 0 : waitOf(plan.seed, client, firstWait),
  );
  // A shape bends time for all alike: what a constant rate has at t is due when the shape has come as far.
  const endless = endlessSchedule(plan) as Schedule;
  const bent = (steady: number): number => (shape === undefined ? steady : endless.dueAt((steady * rate) / 1e6));
  const mix = pace.kind === 'per-topic' ? pace.mix : undefined;
  const drawn = gaps && drawnTimes(plan.seed, gaps, clients, (clients * 1e6) / rate);
  if (each === undefined || mix !== undefined) {
    const one: DueAt = (client, sequence) => {
      const due = drawn ? bent(drawn.get(client, sequence)) : endless.dueAt(sequence * clients + client);
      return due + (waits[client] as number);
    };
    if (mix === undefined && drawn === undefined) {
      const dueAt: DueAt = (client, sequence) =>
        schedule.dueAt(sequence * clients + client) + (waits[client] as number);
      return { dueAt, countBefore: counterOf(dueAt, clients, flows), flows };
    }
    const parts = mix && drawnParts(plan.seed, mix, clients);
    const dueAt: DueAt = (client, sequence, flow) =>
      one(client, parts ? parts.get(client * flows + flow, sequence) : sequence, 0);
    return limited(dueAt, { clients, flows, limit });
  }
  const dueAt: DueAt = (client, sequence, flow) =>
    bent((sequence + client / clients) * (each[flow] as TopicPlan).intervalMicros) + (waits[client] as number);
  return limited(dueAt, { clients, flows, limit });
}

/** Of draws for gaps between messages; see {@link drawnAt}. */
const gapPurpose = 1;

/**
 * Times of each client's messages at a constant rate, whose gaps are drawn. Random arrivals begin with a gap, as they have
 * no memory; otherwise clients begin one after the other within the mean gap.
 */
function drawnTimes(seed: number, gaps: Distribution, clients: number, meanMicros: number): Memo {
  const quantile = quantileOf(gaps);
  const scale = meanMicros / meanOf(gaps);
  const gap = (client: number, number: number): number => quantile(drawnAt(seed, gapPurpose, client, number)) * scale;
  const first = (client: number): number =>
    gaps.kind === 'exponential' ? gap(client, 0) : (client / clients) * meanMicros;
  return new Memo(clients, first, (client, number, before) => before + gap(client, number));
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

/** Of draws for the part that a message belongs to. */
const partPurpose = 3;

/** The how many-th message of a client the how many-th of each of its parts is. By item: the client times parts plus part. */
function drawnParts(seed: number, percents: readonly number[], clients: number): Memo {
  const part = quantileOf({ kind: 'weighted', values: percents.map((percent, value) => ({ value, percent })) });
  const parts = percents.length;
  const from = (item: number, number: number): number => {
    const client = Math.floor(item / parts);
    let at = number;
    while (part(drawnAt(seed, partPurpose, client, at)) !== item % parts) at++;
    return at;
  };
  return new Memo(
    clients * parts,
    (item) => from(item, 0),
    (item, _, before) => from(item, before + 1),
  );
}

/** With a limit, its messages only. */
function limited(
  dueAt: DueAt,
  { clients, flows, limit }: { clients: number; flows: number; limit: number | undefined },
): Times {
  if (limit === undefined) return { dueAt, countBefore: counterOf(dueAt, clients, flows), flows };
  return { ...firstOf(dueAt, { clients, flows, limit }), flows };
}

/** The first `limit` messages in order of time, then of client and topic; the others are never due. */
function firstOf(
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
