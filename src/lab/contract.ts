import type { EventFacts } from './events/kind.js';
import type { LabEvent } from './events/kinds.js';
import type { OpenLab } from './lab.js';

export type { LabEvent };

/** Where in the lab a process runs. `client ══ access link ══ nat ── server`. */
export type Place = 'client' | 'nat' | 'server';
export type LabBackend = 'netem' | 'tun';
/** Seen from the client: up goes client → server, down comes back. */
export type Direction = 'up' | 'down';

/**
 * What one direction of the access link does to packets. Everything is
 * optional; an empty object is a perfect link. Terms and meaning are tc-netem(8)'s.
 */
export interface Impairment {
  /** One-way delay, microseconds. */
  readonly delayMicros?: number;
  readonly jitterMicros?: number;
  readonly jitterDistribution?: 'uniform' | 'normal' | 'pareto';
  /** Correlation of a packet's delay with the one before, 0..1. */
  readonly jitterCorrelation?: number;
  /** Random loss, 0..1. */
  readonly loss?: number;
  readonly lossCorrelation?: number;
  /** Gilbert-Elliott burst loss: transition probabilities p (good→bad) and r (bad→good), loss 1-h in bad, 1-k in good. */
  readonly gilbertElliott?: {
    readonly p: number;
    readonly r: number;
    readonly oneMinusH: number;
    readonly oneMinusK: number;
  };
  /** Share of packets sent at once instead of after the delay, 0..1; needs a delay. */
  readonly reorder?: number;
  readonly reorderCorrelation?: number;
  /** Every n-th packet only (netem's gap). */
  readonly reorderGap?: number;
  readonly duplicate?: number;
  readonly corrupt?: number;
  /** Bits per second. */
  readonly rateBits?: number;
  /**
   * What the line below sends for a packet beside its own bytes, as tc-netem(8) has it: bytes on top of each packet (or
   * fewer), and, where `cellBytes` is not 0, whole cells of so many bytes, each with `cellOverheadBytes` of its own.
   */
  readonly rateOverhead?: {
    readonly packetBytes: number;
    readonly cellBytes: number;
    readonly cellOverheadBytes: number;
  };
  /**
   * Packets leave in groups, as from a medium that stations share (netem's slot): once `waitMicros`, give or take
   * `jitterMicros`, are over, all that are due leave at once, at most so many packets, and no more once so many bytes (of
   * IP) have left.
   */
  readonly slot?: {
    readonly waitMicros: number;
    readonly jitterMicros?: number;
    /** Of that jitter. Default uniform. */
    readonly distribution?: 'uniform' | 'normal' | 'pareto';
    readonly packets?: number;
    readonly bytes?: number;
  };
  /** Queue limit in packets; a full queue drops and counts. Default 1,000 (netem's), scaled to the rate × delay. */
  readonly queuePackets?: number;
  /** Drop instead of queueing longer than this. */
  readonly queueMicros?: number;
  /**
   * A recorded link instead of a rate, in mahimahi's terms: milliseconds from the start at which 1,500 bytes may leave,
   * rising; it repeats after the last. Backend tun only.
   */
  readonly trace?: readonly number[];
}

export interface LinkProfile {
  readonly up: Impairment;
  readonly down: Impairment;
  /** Of the access link, bytes. Default 1500. */
  readonly mtu?: number;
}

export interface LabSpec {
  /** Undefined: netem where the kernel has it, else tun. */
  readonly backend?: LabBackend;
  readonly profile: LinkProfile;
  /** Seed of the emulator's randomness. */
  readonly seed: number;
  /** Distinct client addresses on the access link (each maps to its own outer address). Default 1. */
  readonly clientAddresses?: number;
  readonly nat?: NatSettings;
  /** Folder for `client.pcapng`, `nat.pcapng` (every packet at both ends of the link) and `dropped.pcapng`. Backend tun only. */
  readonly captureTo?: string;
  /** A way out through this host, for brokers elsewhere: their addresses (IPv4). Needs root. */
  readonly uplinkTo?: readonly string[];
  /** Two brokers behind a balancer that goes by addresses and ports: where QUIC's migration breaks in the field. */
  readonly balancer?: boolean;
}

export interface NatSettings {
  /** One outer address for all clients instead of one for each. */
  readonly shared?: boolean;
  /**
   * TCP packets of a flow the NAT does not know (any more): `forward` them from the new outer address, so that the server
   * answers with a reset, or `drop` them in silence. Default forward.
   */
  readonly unknownFlows?: NatPolicy;
}

/** forward: the server answers an unknown flow with a reset. drop: nobody answers, clients wait for their own timers. */
export const natPolicies = ['forward', 'drop'] as const;
export type NatPolicy = (typeof natPolicies)[number];

/** One change of the network: the monotonic clock right before it began and right after it was complete. */
export interface Act {
  readonly beganMicros: number;
  readonly endedMicros: number;
  /** The clients' own addresses that it happened to; undefined: all of them. */
  readonly addresses?: readonly string[];
}

/** That an event happened, and what it changed. Plain data for the result. */
export interface EventProof {
  readonly kind: LabEvent['kind'];
  /** When the network changed, monotonic clock; not when the order was given. */
  readonly atMicros: number;
  /** From the beginning of the first change to the end of the last. */
  readonly tookMicros: number;
  /** The changes themselves, in order of time: each step of a spread move, each dark time of a flap. */
  readonly acts: readonly Act[];
  /** The longest that a packet could be under way to a client at that time: what came later was sent after the event. */
  readonly pathMicros: number;
  /** Of a lab that several machines hold together, each a part of the clients: what happened on which. */
  readonly apart?: Readonly<Record<string, Pick<EventProof, 'acts' | 'pathMicros'>>>;
  readonly facts: EventFacts;
}

/**
 * Packets and bytes (IP, headers included) that one direction of the access link carried. A counter that the backend does
 * not have is absent, and never 0.
 */
export interface DirectionCounters {
  /** What the sender put on the link; copies that the link made itself are not in it. */
  packetsIn: number;
  bytesIn: number;
  /** What the receiver got from it, copies included. */
  packetsOut: number;
  bytesOut: number;
  /** Dropped on purpose (loss, blackout); with netem also what a full queue dropped. */
  packetsLost: number;
  /** Dropped because a queue was full. Absent with netem. */
  packetsOverflowed?: number;
  /** Sent at once instead of after the delay, by `reorder`. Whether there was anybody to overtake is not asked. */
  packetsSentAtOnce: number;
  /** Overtook at least one packet that was sent before, through `reorder` or jitter. Absent with netem. */
  packetsReordered?: number;
  /** Copies made. Absent with netem. */
  packetsDuplicated?: number;
  /** Absent with netem. */
  packetsCorrupted?: number;
}
export interface LinkCounters {
  up: DirectionCounters;
  down: DirectionCounters;
}

/** What the link really does, measured with echo packets before a cell. */
export interface Calibration {
  readonly packets: number;
  readonly lost: number;
  readonly rttP50Micros: number;
  readonly rttP95Micros: number;
  readonly reordered: number;
}

/** What {@link openLab} makes. */
export type Lab = Omit<OpenLab, 'status'>;
