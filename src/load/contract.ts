import type { Distribution, Doubt, LedgerRow, MetricSet, RoleResources, Timeline } from '../result/types.js';
import type { TransportName } from '../transport/contract.js';

/** Everything a load worker needs to know; the coordinator hands each worker its share of `clients`. */
export interface LoadPlan {
  readonly target: {
    readonly transport: TransportName;
    readonly hosts: readonly { readonly host: string; readonly port: number }[];
    /** PEM the server is verified against. */
    readonly ca?: string;
    readonly verify?: boolean;
    readonly tlsVersion?: '1.2' | '1.3';
    readonly serverName?: string;
    readonly congestionControl?: string;
    readonly quic?: object;
    /** What reconnects use of an earlier session; early-data: QUIC only. Default ticket. */
    readonly resumption?: 'none' | 'ticket' | 'early-data';
  };
  /** Total over all workers. */
  readonly clients: number;
  /** Source addresses, client i uses i mod n. Empty: the kernel chooses. */
  readonly localAddresses: readonly string[];
  readonly clientIdPrefix: string;
  readonly mqttVersion: 3 | 4 | 5;
  readonly keepaliveSeconds: number;
  readonly clean: boolean;
  /** Connects per second over all workers; client i is due at start + i / rate. */
  readonly connectRate: number;
  readonly dialTimeoutMicros: number;
  /** Topic with emqtt-bench's variables %c (client id) and %i (client number). */
  readonly subscribe?: { readonly topic: string; readonly qos: 0 | 1 | 2 };
  readonly publish?: {
    readonly topic: string;
    readonly qos: 0 | 1 | 2;
    readonly payloadBytes: number;
    /** Publishes per second over all clients (open loop, fixed schedule); undefined with `inflight`: closed loop. */
    readonly rate?: number;
    /** Most unacknowledged publishes per client. Due ones beyond it wait, and their wait counts. */
    readonly inflight: number;
  };
  /** Reconnect when the connection is lost: first try after this, doubled up to the maximum, with seeded jitter. */
  readonly reconnect?: { readonly firstMicros: number; readonly maxMicros: number };
  /** Silence (no byte although a PUBACK or PINGRESP is due) after which a client gives its connection up. */
  readonly deadAfterMicros: number;
  readonly seed: number;
  /**
   * Clients per worker that connect, publish for a moment and leave before anything is measured, so that neither
   * broker nor generator is measured while its code is compiled. Default 30; 0 for none.
   */
  readonly warmupClients?: number;
}

/** Counts while it runs, for the progress line; sent about twice a second. */
export interface LoadProgress {
  readonly connected: number;
  readonly failed: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly inFlight: number;
  readonly lateSends: number;
  readonly ackP95Micros: number;
}

/** What one cell's load came to, merged over all workers. */
export interface LoadReport {
  readonly metrics: MetricSet;
  /** By measure window opened with `Coordinator.window(name)`. */
  readonly windows: Readonly<Record<string, MetricSet>>;
  readonly ledger: readonly LedgerRow[];
  readonly errors: readonly { readonly code: string; readonly message: string; readonly count: number }[];
  readonly counters: Readonly<Record<string, number>>;
  readonly timeline: Timeline;
  readonly resources: RoleResources;
  readonly doubts: readonly Doubt[];
}

export type { Distribution };
