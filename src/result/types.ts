import type { DistributionName, MetricName, ValueName } from '../metrics/registry.js';
import type { DoubtCode } from './doubts/table.js';

/**
 * Raised when a field changes its meaning or goes; readers accept this and older numbers.
 * 2: outcomes and reconnects belong to their event (`EventRecord.metrics`); windows go by due time; percentiles hold what
 * was not finished with its age.
 */
export const resultSchema = 2;

/** What is told of a distribution, in microseconds. */
export type Statistic = 'min' | 'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'p999' | 'max';

/** Which number of a metric is meant. */
export interface NumberName {
  readonly metric: MetricName;
  /** value: of a metric that is one number per cell. */
  readonly statistic: Statistic | 'value';
  /** The measure window or the event that it is of; undefined: the whole cell. */
  readonly window?: string;
}

/** Percentiles are read from the histogram; the histogram itself is kept so that any other can be. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /**
   * Operations that were not finished when measuring stopped. They are among the samples with their age, which is the
   * least that they can have taken. Absent: none.
   */
  readonly outstanding?: number;
  /** The statistics that are lower bounds because of `outstanding`; printed as ">= x". */
  readonly atLeast?: readonly Statistic[];
  /** HdrHistogram V2, compressed, base64; 3 significant digits. */
  readonly histogram: string;
}

/** All numbers of one window of one cell, in the units of the registry. An absent name was not measured. */
export interface MetricSet {
  readonly distributions: Partial<Record<DistributionName, Distribution>>;
  readonly values: Partial<Record<ValueName, number>>;
}

/**
 * Reasons to distrust a number. `metric` undefined: the whole cell. A doubted
 * number is printed with its doubt.
 */
export interface Doubt {
  readonly code: DoubtCode;
  readonly metric?: MetricName;
  /** One sentence with the numbers that led to it. */
  readonly message: string;
  /** What to change, fitted to the options in use. */
  readonly advice?: string;
  /** It concerns the time until the clients were connected, and not what they did then. */
  readonly phase?: 'connect';
  /** The measure window or the event whose numbers it spoils; undefined: those of the whole cell. */
  readonly window?: string;
  /** The percentiles of the metric that it spoils; undefined: all of its numbers. */
  readonly statistics?: readonly Statistic[];
}

/** An event of the timeline that happened, with its proof. */
export interface EventRecord {
  readonly name: string;
  /** When the network (or the fleet) changed, microseconds since the traffic began; not when the order was given. */
  readonly atMicros: number;
  /** How long the act itself lasted: from the first change to the last. */
  readonly tookMicros?: number;
  /**
   * What became of the clients because of this event: clients.* and reconnect.* of those that it cut off. Absent for
   * events that disturb nobody (heal), and in results of schema 1.
   */
  readonly metrics?: MetricSet;
  /** E.g. conntrack entries before and after, outer addresses, peer addresses as the broker saw them. */
  readonly proof: Readonly<Record<string, unknown>>;
}

/** One role's use of the machine, from getrusage and /proc. */
export interface RoleResources {
  readonly role: string;
  readonly processes: number;
  readonly cpuUserMicros: number;
  readonly cpuSystemMicros: number;
  /** Of a phase, and of a role of several processes: user and system time of the one that used most. */
  readonly busiestMicros?: number;
  readonly peakRssBytes: number;
  readonly contextSwitches?: number;
}

/** What a part of a cell (connecting, a measure window, draining) cost. */
export interface PhaseUse {
  readonly name: string;
  readonly durationMicros: number;
  /** Processor time and context switches of the phase alone; the peak of memory is that of the cell so far. */
  readonly resources: readonly RoleResources[];
  /** Counters of the access link over the phase. */
  readonly link?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /**
   * How much later than it should have the emulated link delivered its packets, microseconds. Upper bounds: a packet may
   * have waited, unseen, for less than is counted. Absent with the backend netem and without a lab.
   */
  readonly linkLateness?: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of the processor time that this machine had which was used, whoever used it, 0..1. What was stolen it did not have. */
  readonly machineShare?: number;
  /** What that share is made of; absent where the system does not tell, and in results of schema 1. */
  readonly machine?: MachineUse;
}

/** What all processors of a machine did together, in microseconds of one processor, from /proc/stat. */
export interface MachineUse {
  readonly cores: number;
  /** They ran something: programs, the kernel for them, interrupts. */
  readonly busyMicros: number;
  /** The part of `busyMicros` in interrupts and softirqs: kernel work, mostly for packets, that no process is billed for. */
  readonly interruptMicros: number;
  /** They had nothing to run while a program waited for storage; not a part of `busyMicros`. */
  readonly ioWaitMicros: number;
  /** Something was to be run, and the hypervisor gave the processor to another machine. */
  readonly stolenMicros: number;
  /** All of it, idle time included: time by the clock times `cores`. */
  readonly totalMicros: number;
  /** The part of `busyMicros` that processes of this run used, the run itself and its link included. */
  readonly ownMicros: number;
  /** Of a quota on processor time (a container's): its periods, and those in which it ran out. Absent: no quota. */
  readonly quota?: { readonly cores: number; readonly periods: number; readonly throttled: number };
}

/** Per-second series of one cell; all arrays have the same length. */
export interface Timeline {
  /** Length of one step, microseconds. */
  readonly stepMicros: number;
  /** When the traffic began, from which events count, in microseconds since the first step; absent without traffic. */
  readonly trafficFromMicros?: number;
  readonly series: Readonly<Record<string, readonly number[]>>;
}

export interface LedgerRow {
  readonly qos: 0 | 1 | 2;
  readonly offered: number;
  readonly sent: number;
  readonly resent: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly duplicate: number;
  readonly disordered: number;
  readonly missing: number;
  /**
   * What the QoS promises, and whether it was kept. not-settled: messages had not come when the wait at the end was over,
   * and may still.
   */
  readonly verdict: 'kept' | 'broken' | 'not-settled' | 'nothing-promised' | 'no-data';
}

/** An error that clients met, and how often. */
export interface ErrorCount {
  readonly code: string;
  readonly message: string;
  /** What the user can do about it. */
  readonly hint?: string;
  readonly count: number;
}

export type CellStatus = 'finished' | 'failed' | 'interrupted' | 'unsupported';

/** One transport on one network once. */
export interface Cell {
  /** Unique in the result: `tls@30ms`, with `#2` for a second repeat. */
  readonly id: string;
  readonly arm: string;
  readonly transport: string;
  readonly network: {
    readonly name: string;
    readonly profile: Readonly<Record<string, unknown>>;
    readonly rttMicros: number;
  };
  readonly repeat: number;
  readonly status: CellStatus;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMicros: number;
  /** Everything from the first connect to the end. */
  readonly metrics: MetricSet;
  /** The same metrics by measure window, e.g. `before`, `after`. */
  readonly windows: Readonly<Record<string, MetricSet>>;
  /** Theory in round trips until each stage, e.g. { 'connect.connack': 3 }. */
  readonly theoryRoundTrips: Partial<Record<MetricName, number>>;
  readonly ledger: readonly LedgerRow[];
  /** What clients met, by code. The text may quote the peer; what would command a terminal in it is escaped. */
  readonly errors: readonly ErrorCount[];
  /**
   * Which addresses of the broker's names were connected to: how often, and how many of those dials had begun at another
   * address as well, so that the wait for that one is part of their time. Absent where the broker was named by address.
   */
  readonly addresses?: readonly {
    readonly host: string;
    readonly address: string;
    readonly connections: number;
    readonly raced: number;
  }[];
  /** The access link's counters at the end, both directions (lab/contract.ts LinkCounters); absent without a lab. */
  readonly link?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly calibration?: Readonly<Record<string, number>>;
  readonly events: readonly EventRecord[];
  readonly resources: readonly RoleResources[];
  /** The same bill and the link's counters by part of the cell, in order. */
  readonly phases?: readonly PhaseUse[];
  /**
   * What the costs per message (wire.message.*, broker.message.cpu, machine.message.cpu) are taken of: these phases, and
   * the messages that they carried. Absent without messages, and in results of schema 1 (there: all of the traffic).
   */
  readonly billed?: { readonly phases: readonly string[]; readonly messages: number };
  /** Counters of transports and broker (handshakes resumed, early data accepted, path changes …). */
  readonly counters: Readonly<Record<string, number>>;
  readonly timeline?: Timeline;
  readonly doubts: readonly Doubt[];
  /** What a reader would look for and not find, and why. */
  readonly notes?: readonly string[];
}

/** Under which circumstances the numbers came about. */
export interface Provenance {
  readonly command: readonly string[];
  readonly mqbench: string;
  /** Of a checkout of mqbench, with `-dirty` where files were changed since; absent: it was installed as a package. */
  readonly commit?: string;
  readonly node: string;
  /** Versions of the packages that carry the measurement. */
  readonly packages: Readonly<Record<string, string>>;
  readonly machine: {
    readonly platform: string;
    readonly kernel: string;
    readonly cpu: string;
    readonly cores: number;
    /** Of a quota on processor time, in processors' worth; absent: none. */
    readonly quotaCores?: number;
    readonly memoryBytes: number;
  };
  readonly seed: number;
  readonly workers: number;
  readonly lab?: { readonly backend: string; readonly description: Readonly<Record<string, string>> };
}

/** One short run of a search. */
export interface SearchProbe {
  readonly ratePerSecond: number;
  readonly held: boolean;
  readonly found: string;
  /** The run itself failed, which says nothing about the rate. */
  readonly failed?: boolean;
}

/** The search for the highest publish rate that an arm holds on a network. */
export interface Search {
  readonly arm: string;
  readonly network: string;
  /** The highest rate that was held, confirmed; 0: not even the lowest was. */
  readonly ratePerSecond: number;
  /** The lowest rate above it that was not held, confirmed. Absent: everything up to the highest rate tried was held. */
  readonly missedPerSecond?: number;
  /** The runs, in order. */
  readonly probes: readonly SearchProbe[];
  /** The arm whose runs these are: this one's would have been the same, since the runs of a search have no events. */
  readonly sharedWith?: string;
  /** Why the interval is not as sure as it should be: runs that came to no verdict, an edge that was not confirmed. */
  readonly caution?: string;
}

export interface ExpectationOutcome {
  readonly text: string;
  /** unsupported: about an arm only that this machine cannot run; it is neither held nor missed. */
  readonly outcome: 'held' | 'missed' | 'no-data' | 'unsupported';
  /** What was found, in words with units. */
  readonly found: string;
}

/** What a run leaves behind; result.json is this. */
export interface Result {
  readonly format: 'mqbench-result';
  readonly schema: number;
  readonly scenario: {
    readonly name: string;
    readonly title: string;
    readonly why?: string;
    readonly sources?: readonly string[];
    /** The numbers that answer its question, the most important first; absent: outputs choose by what was measured. */
    readonly show?: readonly NumberName[];
    /** The scenario as it was run, with all defaults filled in. */
    readonly resolved: unknown;
  };
  readonly provenance: Provenance;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly status: 'running' | 'finished' | 'interrupted' | 'failed';
  /** Cells that were planned, as they are listed; those missing in `cells` were not run. In which order they ran, their `startedAt` tells. */
  readonly planned: readonly string[];
  readonly cells: readonly Cell[];
  readonly searches?: readonly Search[];
  readonly expectations: readonly ExpectationOutcome[];
  readonly doubts: readonly Doubt[];
}
