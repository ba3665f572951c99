import type { ConnectOptions, UserProperties, Will } from '../mqtt/codec/control-packets.js';
import type { TransportName } from '../transport/contract.js';
import type { QuicSettings } from '../transport/quic/settings.js';
import type { StreamMap } from '../transport/stream-map.js';
import type { RateStage } from './stages.js';

/** How a client uses what an earlier connection left behind. */
export const resumptions = ['none', 'ticket', 'early-data'] as const;
export type Resumption = (typeof resumptions)[number];

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
    readonly quic?: Partial<QuicSettings>;
    /** Client certificate and key, PEM. */
    readonly cert?: string;
    readonly key?: string;
    readonly ciphers?: string;
    /** OpenSSL names; TLS over TCP only. */
    readonly signatureAlgorithms?: readonly string[];
    readonly groups?: readonly string[];
    readonly alpn?: readonly string[];
    /** Absolute path of a file to which the secrets of every connection are appended, for Wireshark (TLS, WSS and QUIC). */
    readonly keyLogFile?: string;
    /** WebSocket path and headers. */
    readonly ws?: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> };
    /** What reconnects use of an earlier session; early-data: QUIC only. Default ticket. */
    readonly resumption?: Resumption;
    /** Absolute path of a file that keeps tickets for a later run (TLS and QUIC); it need not exist. */
    readonly ticketsFile?: string;
    /** QUIC only: which stream a PUBLISH or SUBSCRIBE goes to. Default control. */
    readonly streams?: StreamMap;
    /** Priorities of data streams 1, 2, …: 0–65535, higher is more important, as in emqtt-bench. Default 32767. */
    readonly streamPriorities?: readonly number[];
    /** QUIC only: QoS 0 in datagrams, both ways (docs/quic.md); an error when the peer takes none or a message does not fit. */
    readonly datagrams?: boolean;
  };
  /** Total over all workers. */
  readonly clients: number;
  /** Source addresses, client i uses i mod n. Empty: the kernel chooses. */
  readonly localAddresses: readonly string[];
  readonly clientIdPrefix: string;
  /** The ids are the user's choice, so another run may have the same. Default: they are this run's own. */
  readonly fixedIds?: boolean;
  readonly mqttVersion: 3 | 4 | 5;
  readonly keepaliveSeconds: number;
  readonly clean: boolean;
  /** Connects per second over all workers; client i is due at start + i / rate. */
  readonly connectRate: number;
  readonly dialTimeoutMicros: number;
  /** User name with %c, %i and %rand_N; password as it is. */
  readonly username?: string;
  readonly password?: string;
  readonly will?: Will;
  /** A row per client (client i has row i): what it gives replaces the plan's. Any column fills `%{column}`. */
  readonly feed?: readonly FeedRow[];
  /** Of CONNECT, MQTT 5. */
  readonly properties?: ConnectOptions['properties'];
  /** Number of the first client, for ids and %i. Default 0. */
  readonly startNumber?: number;
  /**
   * Clients 0 … publishers-1 publish and the rest subscribe, each counted from 0 in %i. Undefined: every client
   * does both, as far as `publish` and `subscribe` are given.
   */
  readonly publishers?: number;
  /**
   * Topics of each client, told apart by %t (0 … topics - 1): it subscribes to all and publishes to them in turn, each
   * with its own order. Default 1.
   */
  readonly topics?: number;
  /** Topics with emqtt-bench's variables: %c client id, %i client number, %u user name, %rand_N a number below N. */
  readonly subscribe?: {
    readonly topic: string;
    readonly qos: 0 | 1 | 2;
    /** Further filters of every subscriber. */
    readonly further?: readonly string[];
    /** Filters with a QoS and a stream of their own, instead of `topic` and `further`; `qos` is the highest. */
    readonly each?: readonly FilterPlan[];
  };
  readonly publish?: {
    /** As above, and %s the message's number. */
    readonly topic: string;
    readonly qos: 0 | 1 | 2;
    readonly retain?: boolean;
    readonly payloadBytes: number;
    /** Payload as base64. It goes out as it is, so arrivals are counted, not measured. */
    readonly payload?: string;
    /** Payload text with the variables of topics, %TIMESTAMP% (ms since 1970), %TIMESTAMP_S%, %TIMESTAMP_ISO%, %UNIQUE% and %RANDOM%; not measured either. */
    readonly template?: string;
    /** Path of a module whose default export makes the payload of each message; see hook.ts. Not measured either. */
    readonly hook?: string;
    /** How long it may hold its process up before the run is given up; half of it for loading. Default 10 s. */
    readonly hookTimeoutMicros?: number;
    /** Of PUBLISH, MQTT 5. */
    readonly properties?: PublishProperties;
    /** MQTT 5: an alias stands for the topic of a message as soon as, and as far as, the broker takes aliases. */
    readonly topicAlias?: boolean;
    /**
     * Where the stamp is by which messages are measured on arrival: in the first bytes of payloads of mqbench's own
     * making (default), or in a user property of MQTT 5, with any payload.
     */
    readonly stampIn?: 'payload' | 'property';
    /** Publishes in all; the rest of the time nothing is due. */
    readonly limit?: number;
    /**
     * Topics with a pace of their own, instead of `topic`: `topics` is their number, `rate` what they come to over all
     * clients, `qos` the lowest. A limit takes the first of all in order of time; a shape bends time for all of them
     * alike. Not in a closed loop.
     */
    readonly each?: readonly TopicPlan[];
    /** Everything a client publishes is due this much later, drawn evenly for each client from the seed. Not in a closed loop. */
    readonly firstWait?: { readonly minMicros: number; readonly maxMicros: number };
    /** How the rate runs over time; default constant. */
    readonly shape?: RateShape;
    /** Send again with DUP what has not been acknowledged after this; undefined: only after a reconnect, as MQTT 5 demands. */
    readonly retryAfterMicros?: number;
    /** Publishes per second over all clients (open loop, fixed schedule); undefined with `inflight`: closed loop. */
    readonly rate?: number;
    /** Most unacknowledged publishes per client. Due ones beyond it wait, and their wait counts. */
    readonly inflight: number;
  };
  /** Reconnect when the connection is lost: first try after this, doubled up to the maximum, with seeded jitter. */
  readonly reconnect?: {
    readonly firstMicros: number;
    readonly maxMicros: number;
    /** Tries until a client gives up: those of the first connect, and those after a cut. Default without end. */
    readonly connectTries?: number;
    readonly tries?: number;
  };
  /** Clients leave on purpose and come back; every connect counts in connect.* from when it was due. */
  readonly churn?: { readonly stayMicros: number; readonly awayMicros: number; readonly politely: boolean };
  /** Count messages stamped by other processes as well: subscribers of a run without publishers. */
  readonly anyRun?: boolean;
  /** Silence (no byte although a PUBACK or PINGRESP is due) after which a client gives its connection up. */
  readonly deadAfterMicros: number;
  readonly seed: number;
  /**
   * Clients per worker that connect, publish for a moment and leave before anything is measured, so that neither
   * broker nor generator is measured while its code is compiled. Default 30; 0 for none.
   */
  readonly warmupClients?: number;
}

/** Texts with the variables of topics. */
export interface PublishProperties {
  /** The payload is UTF-8 text. */
  readonly payloadFormatIndicator?: boolean;
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly userProperties?: UserProperties;
}

/** One topic of every client that publishes to several. Clients are spread evenly over the interval. */
export interface TopicPlan {
  /** With the variables of topics; %s counts within this topic. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly intervalMicros: number;
  readonly payloadBytes: number;
  /** As `publish.template`; undefined: `payloadBytes` with a stamp. */
  readonly template?: string;
  /** QUIC: 0 the control stream, 1 and up data streams. Default: what `target.streams` says. */
  readonly stream?: number;
  /** Of that stream: 0–65535, higher is more important. */
  readonly priority?: number;
}

/** One filter of every client that subscribes to several; see {@link TopicPlan}. */
export type FilterPlan = Pick<TopicPlan, 'topic' | 'qos' | 'stream' | 'priority'>;

/** Columns with a meaning: id, username, password, topic, cert and key (PEM text). */
export type FeedRow = Readonly<Record<string, string>>;

/**
 * ramp: the rate grows (or falls) evenly from one value to the plan's over a time, then stays.
 * burst: the same mean rate, but `size` messages at once.
 * stages: one rate after the other, and the last one for ever; the plan's is the highest of them.
 */
export type RateShape =
  | { readonly kind: 'ramp'; readonly fromPerSecond: number; readonly overMicros: number }
  | { readonly kind: 'burst'; readonly size: number }
  | { readonly kind: 'stages'; readonly stages: readonly RateStage[] };
