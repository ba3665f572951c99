import type { ClockLine } from '../base/clock.js';
import type { ErrorDetails } from '../base/errors.js';
import type { LabBackend, LabEvent, LabSpec } from '../lab/contract.js';
import type { LoadPlan } from '../plan/plan.js';

// What coordinator and agents say to each other, as JSON, on the subjects of subjects.ts. An asker is a coordinator, or
// `mqbench agents`; its name is drawn anew for each run.

/** What stops a load on an agent before it begins, or an order: as it is thrown again on the other side. */
export interface Refusal extends Pick<ErrorDetails, 'hint' | 'exitCode'> {
  readonly code: string;
  readonly message: string;
}

/** What an agent says of itself and its machine. Limits that do not bind are absent. */
export interface AgentInfo {
  readonly name: string;
  /** Drawn when the agent started: another agent of the same name, or the same one started again, has another. */
  readonly instance: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly host: string;
  /** Version of mqbench, with the commit where it is known. */
  readonly build: string;
  readonly node: string;
  /** Processors that it may use; with a quota of 1.5 it is 1.5. */
  readonly cores: number;
  /** Worker processes that it starts for a load. */
  readonly workers: number;
  readonly memoryBytes: number;
  readonly descriptors?: number | undefined;
  readonly ports?: number | undefined;
  /** Targets that its owner allows; see targets.ts. */
  readonly allow: readonly string[];
  /** Its owner lets it make a network of its own. */
  readonly lab?: boolean | undefined;
  /** Whose clock it reads (base/clock-identity.ts). */
  readonly clock: number;
  /** Who runs a load on it now. */
  readonly busy?: string | undefined;
  /** What `mqbench doctor` finds limited or missing there. */
  readonly findings?: readonly { readonly what: string; readonly detail: string }[];
}

/** An agent's clock against the coordinator's, as the agent knows it. */
export interface ClockState {
  /** Microseconds that the coordinator's clock is ahead of the agent's. */
  readonly offsetMicros: number;
  /** How far that may be wrong. */
  readonly boundMicros: number;
  /** Change of the offset, parts per million. */
  readonly driftPpm: number;
  /** The shortest way there and back, microseconds. */
  readonly roundTripMicros: number;
}

/** What a load is to do on an agent, so that it can be refused before it begins. */
export interface Hiring {
  /** Whose load it is, as others are told: user and host. */
  readonly by: string;
  /** The agent that is meant: one of this name started again is another. */
  readonly instance: string;
  readonly build: string;
  readonly node: string;
  /** Whose clock the coordinator reads. */
  readonly clock: number;
  /**
   * What stamps name as their clock: that one, where every agent reads it; else a number of this run alone, so that nobody takes a
   * time that is known only so well for one of that clock.
   */
  readonly stamp: number;
  /** Worker processes that it is to have. */
  readonly workers: number;
}

/** Which cell is to be played, and by what it is recognised: both sides make {@link sumOfPlans} of what they have. */
export interface Briefing {
  readonly plans: readonly LoadPlan[];
  readonly sum: string;
}

/** What is to be done with the network that an agent holds. */
export interface LabOrder {
  readonly what: 'open' | 'calibrate' | 'event' | 'reading' | 'counters' | 'close';
  readonly spec?: LabSpec;
  readonly event?: LabEvent;
  readonly echo?: { readonly packets?: number; readonly intervalMicros?: number } | undefined;
}

/** What an agent says of its network when it stands. */
export interface LabFacts {
  readonly backend: LabBackend;
  readonly description: Readonly<Record<string, string>>;
  readonly clientAddresses: readonly string[];
  readonly serverAddress: string;
}

export type ToAgent =
  | { readonly kind: 'roll'; readonly asker: string }
  /** Find out how the clocks differ, and tell. */
  | { readonly kind: 'tune'; readonly asker: string }
  /** Answers a {@link FromAgent} `beat`: when it was heard and answered, by the coordinator's clock. */
  | {
      readonly kind: 'echo';
      readonly asker: string;
      readonly number: number;
      readonly heardMicros: number;
      readonly answeredMicros: number;
    }
  | { readonly kind: 'hire'; readonly asker: string; readonly hiring: Hiring }
  | { readonly kind: 'brief'; readonly asker: string; readonly briefing: Briefing }
  /** The same order to some of its workers; each answers with the number that it has here. */
  | {
      readonly kind: 'call';
      readonly asker: string;
      readonly calls: readonly { readonly id: number; readonly worker: number }[];
      readonly method: string;
      readonly params: unknown;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'lab'; readonly asker: string; readonly id: number; readonly order: LabOrder }
  /** The cell is over: its workers end. */
  | { readonly kind: 'end'; readonly asker: string; readonly id: number; readonly workers: readonly number[] }
  | { readonly kind: 'dismiss'; readonly asker: string };

export type FromAgent =
  | { readonly kind: 'here'; readonly info: AgentInfo }
  | { readonly kind: 'tuned'; readonly clock?: ClockState; readonly refusal?: Refusal }
  /** Asks for the coordinator's time, and says that the agent lives. */
  | { readonly kind: 'beat'; readonly number: number; readonly clock?: ClockState | undefined }
  | { readonly kind: 'hired'; readonly refusal?: Refusal; readonly clock?: ClockState }
  | { readonly kind: 'briefed'; readonly refusal?: Refusal; readonly sum?: string }
  | { readonly kind: 'answer'; readonly id: number; readonly result?: unknown; readonly refusal?: Refusal }
  /** @property atMicros when it was said, by the coordinator's clock: how late it is heard */
  | {
      readonly kind: 'event';
      readonly worker: number;
      readonly atMicros: number;
      readonly event: string;
      readonly data: unknown;
    }
  | { readonly kind: 'died'; readonly worker: number; readonly refusal: Refusal }
  /** The network that the agent holds has died. */
  | { readonly kind: 'labDied'; readonly refusal: Refusal }
  | { readonly kind: 'ended'; readonly id: number }
  /** The agent stops what it does for this asker. */
  | { readonly kind: 'bye'; readonly reason: string };

/** An order to a load worker of an agent: whose clock it is to read. */
export interface FollowOrder {
  readonly identity: number;
  readonly line: ClockLine;
}
