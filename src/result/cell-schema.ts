import { z } from 'zod';
import type { DistributionName, MetricName, ValueName } from '../metrics/registry.js';
import type { DoubtCode } from './doubts/table.js';
import { statistics } from './types.js';

// A cell as it may stand in a file, and what it means: types.ts makes the types of it. Everything that is shown or compared
// has its type. Fields that are not known are let through, so that a result of a later mqbench with the same schema
// number can be read.

const finite = z.number();
export const amount = z.number().min(0);
/** JSON has no NaN: what was not a number is null. */
const perhaps = z.number().nullable() as unknown as z.ZodType<number>;
const numbers = z.record(z.string(), perhaps);
export const texts = z.array(z.string());

/** A word of a list that a later mqbench may have more of. */
export const word = <T extends string>() => z.string() as unknown as z.ZodType<T>;

/** A value for some of the names. */
const byName = <K extends string, V extends z.ZodType>(value: V) =>
  z.record(z.string(), value) as unknown as z.ZodType<Partial<Record<K, z.output<V>>>>;

const each = <K extends string, S extends z.ZodType>(names: readonly K[], schema: S) =>
  Object.fromEntries(names.map((name) => [name, schema])) as Record<K, S>;

/** Percentiles are read from the histogram; the histogram itself is kept so that any other can be. Microseconds. */
export const distribution = z
  .object({
    count: z.int().min(0),
    ...each(statistics, z.unknown() as unknown as z.ZodType<number>),
    /**
     * Operations that were not finished when measuring stopped. They are among the samples with their age, which is the
     * least that they can have taken. Absent: none.
     */
    outstanding: amount.optional(),
    /** The statistics that are lower bounds because of `outstanding`; printed as ">= x". */
    atLeast: z.array(word<(typeof statistics)[number]>()).optional(),
    /** HdrHistogram V2, compressed, base64; 3 significant digits. */
    histogram: z.string(),
  })
  .superRefine((value, context) => {
    for (const name of statistics) {
      const number: unknown = value[name];
      if (typeof number === 'number' ? number >= 0 : number === null && value.count === 0) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'is no number of at least 0' });
    }
  });

/** All numbers of one window of one cell, in the units of the registry. An absent name was not measured. */
export const metricSet = z.object({
  distributions: byName<DistributionName, typeof distribution>(distribution),
  values: byName<ValueName, typeof perhaps>(perhaps),
});

/** A reason to distrust a number. A doubted number is printed with its doubt. */
export const doubt = z.object({
  code: word<DoubtCode>(),
  /** Undefined: the whole cell. */
  metric: word<MetricName>().optional(),
  /** One sentence with the numbers that led to it. */
  message: z.string(),
  /** What to change, fitted to the options in use. */
  advice: z.string().optional(),
  /** It concerns the time until the clients were connected, and not what they did then. */
  phase: word<'connect'>().optional(),
  /** The measure window or the event whose numbers it spoils; undefined: those of the whole cell. */
  window: z.string().optional(),
  /** Where a cell has several fleets, the one whose numbers it spoils, with those of the whole cell; undefined: those of all. */
  fleet: z.string().optional(),
  /** The percentiles of the metric that it spoils; undefined: all of its numbers. */
  statistics: z.array(word<(typeof statistics)[number]>()).optional(),
});

/** Counters of the access link by direction (lab/contract.ts LinkCounters). */
const link = z.record(z.string(), numbers);

/** One role's use of the machine, from getrusage and /proc. */
export const resources = z.object({
  role: z.string(),
  processes: amount,
  cpuUserMicros: finite,
  cpuSystemMicros: finite,
  /** Of a phase, and of a role of several processes: user and system time of the one that used most. */
  busiestMicros: perhaps.optional(),
  peakRssBytes: amount,
  contextSwitches: perhaps.optional(),
});

/** What all processors of a machine did together, in microseconds of one processor, from /proc/stat. */
export const machine = z.object({
  cores: amount,
  /** They ran something: programs, the kernel for them, interrupts. */
  busyMicros: finite,
  /** The part of `busyMicros` in interrupts and softirqs: kernel work, mostly for packets, that no process is billed for. */
  interruptMicros: finite,
  /** They had nothing to run while a program waited for storage; not a part of `busyMicros`. */
  ioWaitMicros: finite,
  /** Something was to be run, and the hypervisor gave the processor to another machine. */
  stolenMicros: finite,
  /** All of it, idle time included: time by the clock times `cores`. */
  totalMicros: finite,
  /** The part of `busyMicros` that processes of this run used, the run itself and its link included. */
  ownMicros: finite,
  /** Of a quota on processor time (a container's): its periods, and those in which it ran out. Absent: no quota. */
  quota: z.object({ cores: amount, periods: amount, throttled: amount }).optional(),
});

/** What a part of a cell (connecting, a measure window, draining) cost. */
export const phase = z.object({
  name: z.string(),
  durationMicros: amount,
  /** Processor time and context switches of the phase alone; the peak of memory is that of the cell so far. */
  resources: z.array(resources),
  /** Over the phase. */
  link: link.optional(),
  /**
   * How much later than it should have the emulated link delivered its packets, microseconds. Upper bounds: a packet may
   * have waited, unseen, for less than is counted. Absent with the backend netem and without a lab.
   */
  linkLateness: z.object({ count: amount, p50: finite, p99: finite, max: finite }).optional(),
  /** Share of the processor time that this machine had which was used, whoever used it, 0..1. What was stolen it did not have. */
  machineShare: perhaps.optional(),
  /** What that share is made of; absent where the system does not tell, and in results of schema 1. */
  machine: machine.optional(),
});

/** An event of the timeline that happened, with its proof. */
export const event = z.object({
  name: z.string(),
  /** When the network (or the fleet) changed, microseconds since the traffic began; not when the order was given. */
  atMicros: finite,
  /** How long the act itself lasted: from the first change to the last. */
  tookMicros: perhaps.optional(),
  /**
   * What became of the clients because of this event: clients.* and reconnect.* of those that it cut off. Absent for
   * events that disturb nobody (heal), and in results of schema 1.
   */
  metrics: metricSet.optional(),
  /** E.g. conntrack entries before and after, outer addresses, peer addresses as the broker saw them. */
  proof: z.record(z.string(), z.unknown()),
});

/** Per-second series of one cell; all arrays have the same length. */
export const timeline = z
  .object({
    /** Length of one step, microseconds. */
    stepMicros: z.number().gt(0),
    /** When the traffic began, from which events count, in microseconds since the first step; absent without traffic. */
    trafficFromMicros: perhaps.optional(),
    series: z.record(z.string(), z.array(perhaps)),
  })
  .superRefine(({ series }, context) => {
    const lengths = new Set(Object.values(series).map((one) => one.length));
    if (lengths.size > 1)
      context.addIssue({ code: 'custom', path: ['series'], message: 'has series of different lengths' });
  });

export const ledgerRow = z.object({
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  ...each(
    ['offered', 'sent', 'resent', 'acknowledged', 'received', 'duplicate', 'disordered', 'missing'] as const,
    amount,
  ),
  /**
   * What the QoS promises, and whether it was kept. not-settled: messages had not come when the wait at the end was over,
   * and may still.
   */
  verdict: z.enum(['kept', 'broken', 'not-settled', 'nothing-promised', 'no-data']),
});

const error = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });

/** A machine that a part of the load ran on, where it did not run on the one of the run. */
export const agent = z.object({
  name: z.string(),
  host: z.string(),
  /** mqbench and Node there. */
  build: z.string(),
  node: z.string(),
  /** Processors that may be used there. */
  cores: amount,
  workers: amount,
  /** Of the load's, and those of them that were up once; absent: it was lost before it told. */
  clients: amount,
  connected: amount.optional(),
  /** What its workers used, microseconds of a processor. */
  cpuMicros: amount.optional(),
  /** The highest resident memory of its workers, added up. */
  peakRssBytes: amount.optional(),
  /** How late its first publish was written, and the P99 of each worker's, the worst; absent: none was ever due. */
  firstLateMicros: finite.optional(),
  lateP99Micros: finite.optional(),
  /**
   * Its clock: what the run's clock was ahead of it at the end, how far that may have been wrong at any time of the cell, by how
   * much it changed, and the shortest way there and back by which it was measured.
   */
  clock: z.object({ offsetMicros: finite, boundMicros: amount, driftPpm: finite, roundTripMicros: finite }).optional(),
  /** Why it was lost; absent: it was there to the end. */
  lost: z.string().optional(),
});

/** One transport on one network once. */
export const cell = z.object({
  /** Unique in the result: `tls@30ms`, with `#2` for a second repeat. */
  id: z.string(),
  arm: z.string(),
  transport: z.string(),
  network: z.object({ name: z.string(), profile: z.record(z.string(), z.unknown()), rttMicros: amount }),
  repeat: z.int().min(1),
  status: z.enum(['finished', 'failed', 'interrupted', 'unsupported']),
  error: error.optional(),
  /** RFC 3339. */
  startedAt: z.string(),
  durationMicros: amount,
  /** Everything from the first connect to the end. */
  metrics: metricSet,
  /** The same metrics by measure window, e.g. `before`, `after`. */
  windows: z.record(z.string(), metricSet),
  /**
   * The same metrics again by fleet, where the load has several: of messages that its clients publish what was offered, sent
   * and acknowledged, and of those that its clients get what was received and is missing, whoever published them. Events have
   * the outcome of its clients. Counts and rates of messages add up to those of the cell.
   */
  fleets: z
    .record(
      z.string(),
      z.object({
        metrics: metricSet,
        windows: z.record(z.string(), metricSet),
        events: z.record(z.string(), metricSet),
      }),
    )
    .optional(),
  /** Theory in round trips until each stage, e.g. { 'connect.connack': 3 }. */
  theoryRoundTrips: byName<MetricName, typeof perhaps>(perhaps),
  ledger: z.array(ledgerRow),
  /** What clients met, by code, and how often. The text may quote the peer; what would command a terminal in it is escaped. */
  errors: z.array(error.extend({ count: amount })),
  /**
   * Which addresses of the broker's names were connected to: how often, and how many of those dials had begun at another
   * address as well, so that the wait for that one is part of their time. Absent where the broker was named by address.
   */
  addresses: z
    .array(z.object({ host: z.string(), address: z.string(), connections: amount, raced: amount }))
    .optional(),
  /** At the end; absent without a lab. */
  link: link.optional(),
  calibration: numbers.optional(),
  events: z.array(event),
  resources: z.array(resources),
  /** The same bill and the link's counters by part of the cell, in order. */
  phases: z.array(phase).optional(),
  /**
   * What the costs per message (wire.message.*, broker.message.cpu, machine.message.cpu) are taken of: these phases, and
   * the messages that they carried. Absent without messages, and in results of schema 1 (there: all of the traffic).
   */
  billed: z.object({ phases: texts, messages: amount }).optional(),
  /** The machines that the load ran on, and how far from one another their clocks may be from what is known; absent: this one. */
  agents: z.array(agent).optional(),
  /** Latencies from end to end between two of them are ± this, µs. */
  clockBoundMicros: amount.optional(),
  /** Counters of transports and broker (handshakes resumed, early data accepted, path changes …). */
  counters: numbers,
  timeline: timeline.optional(),
  doubts: z.array(doubt),
  /** What a reader would look for and not find, and why. */
  notes: texts.optional(),
});
