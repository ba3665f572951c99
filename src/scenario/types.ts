import type { NumberName } from '../expect/shown-number.js';
import type { LabEvent, LinkProfile, NatPolicy } from '../lab/contract.js';
import type { NamedFleet } from '../plan/fleets.js';
import type { FleetPlan } from '../plan/plan.js';
import type { OtherBroker } from './brokers/spec.js';
import type { FleetEvent } from './events/kinds.js';
import type { ArmInput } from './language/arm.js';
import type { ScenarioInput, SearchInput } from './language/schema.js';

/** One row of the comparison: a transport and the variant of it, as language/schema.ts describes it. */
export type ResolvedArm = Readonly<ArmInput> & {
  /** Unique in the scenario; the part of a cell's id before `@`. */
  readonly name: string;
  /** Undefined on transports without TLS. QUIC is always 1.3. */
  readonly tlsVersion?: ArmInput['tlsVersion'];
  /** What the file calls it, where its name is that of a broker, too; events of the file are about it on every broker. */
  readonly base?: string;
  /** Undefined: mqbench's own. */
  readonly broker?: OtherBroker;
};

export interface ResolvedNetwork {
  /** Unique in the scenario; the part of a cell's id after `@`. */
  readonly name: string;
  readonly profile: LinkProfile;
  /** Delay up + delay down: what theory multiplies. */
  readonly rttMicros: number;
  /** What the NAT does with a TCP packet of a flow it no longer knows; undefined: forwards it. */
  readonly nat?: NatPolicy;
}

interface EventBase {
  /** Unique in the scenario; default the kind, numbered from the second on (`rebind`, `rebind-2`). */
  readonly name: string;
  /** From the start of traffic. */
  readonly atMicros: number;
  /** Arms it happens to; undefined: all. */
  readonly arms?: readonly string[];
  /** Fleets it happens to, of an event that clients bring about themselves; undefined: all. */
  readonly fleets?: readonly string[];
}

/** What happens to the network (src/lab/events) or to the fleet (src/scenario/events) while messages flow, in order of time. */
export type TimelineEvent = EventBase & (LabEvent | FleetEvent);

/** A part of the traffic that has its own numbers; it ends where the next one begins. */
export interface MeasureWindow {
  readonly name: string;
  /** From the start of traffic. */
  readonly fromMicros: number;
}

/** Before the cells: the highest publish rate that each arm holds, by short runs; then all arms run below the lowest. */
export interface ResolvedSearch extends Readonly<Pick<SearchInput, 'steps' | 'share' | 'fleet'>> {
  /** What must be true of a run for its rate to count as held. */
  readonly hold: readonly string[];
  /** Messages per second over all clients, or those of the fleet that is named. */
  readonly fromRate: number;
  readonly toRate: number;
  readonly trafficMicros: number;
}

/** What a scenario file says is taken over as it is. */
type AsWritten = Readonly<
  Pick<ScenarioInput, 'title' | 'why' | 'sources' | 'repeat' | 'seed' | 'workers' | 'agents' | 'expect'>
>;

/** A scenario with every default filled in and every mistake excluded; plain JSON. */
export interface ResolvedScenario extends AsWritten {
  /** File name without extension; part of the result folder's name. */
  readonly name: string;
  readonly arms: readonly ResolvedArm[];
  readonly networks: readonly ResolvedNetwork[];
  /** Undefined: loopback, nothing in between. */
  readonly lab?: Readonly<ScenarioInput['lab']>;
  /** What the fleet does; with `loads` the first of them. */
  readonly load: FleetPlan;
  /** Where the load is several fleets, each of them; `load` is then all of them as if they were one. */
  readonly fleets?: readonly NamedFleet[];
  /** Variants of the load that multiply the networks, e.g. one per payload; each has a name (`256B`). */
  readonly loads?: readonly { readonly name: string; readonly load: FleetPlan }[];
  /** How long messages flow after the fleet is connected. 0: only connects are measured. */
  readonly trafficMicros: number;
  /** How long is waited for what is still under way when the traffic ends. */
  readonly drainMicros: number;
  readonly search?: ResolvedSearch;
  readonly timeline: readonly TimelineEvent[];
  readonly windows: readonly MeasureWindow[];
  /** Expectations of the file that are not judged, because the command line leaves out what they are about (an arm). */
  readonly leftOut?: readonly { readonly text: string; readonly about: string }[];
  /** The numbers that answer the question; undefined: the outputs choose. */
  readonly show?: readonly NumberName[];
  /** The `quick` variant was applied. */
  readonly quick: boolean;
  /** Only cells whose id contains one of these texts, separated by commas (--only). */
  readonly only?: string;
}

/** One transport on one network once, in the order of the run. */
export interface PlannedCell {
  /** `tls@30ms`, with `#2` for a second repeat. */
  readonly id: string;
  readonly arm: ResolvedArm;
  /** With variants of the load, their name is part of the network's: `lan+256B`. */
  readonly network: ResolvedNetwork;
  readonly load: FleetPlan;
  /** Where the load is several fleets; see {@link ResolvedScenario}. */
  readonly fleets?: readonly NamedFleet[];
  /** From 1. */
  readonly repeat: number;
  /** The same for all arms of a network and repeat, so that they meet the same random network. */
  readonly seed: number;
}
