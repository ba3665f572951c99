import type { Distribution } from '../base/numbers/distribution.js';
import type { ConnectOptions, UserProperties, Will } from '../mqtt/codec/control-packets.js';
import type { ClientTls, DialOptions, TransportName } from '../transport/contract.js';
import type { StreamMap } from '../transport/stream-map.js';
import type { AuthenticationMethod } from './credentials/authentication.js';
import type { JwtPlan } from './credentials/jwt.js';
import type { PskPlan } from './credentials/psk.js';
import type { ReadsPlan } from './reads.js';
import type { ReconnectPlan } from './reconnect.js';
import type { ClientStage, RateStage } from './stages.js';

/** How a client uses what an earlier connection left behind. */
export const resumptions = ['none', 'ticket', 'early-data'] as const;
export type Resumption = (typeof resumptions)[number];

/** What a fleet does, wherever its broker is: all that a scenario says of its load. */
export interface FleetPlan {
  /** Total over all workers. */
  readonly clients: number;
  /**
   * Clients 0 … publishers-1 publish and the rest subscribe, each counted from 0 in %i. Undefined: every client
   * does both, as far as `publish` and `subscribe` are given.
   */
  readonly publishers?: number;
  readonly mqttVersion: 3 | 4 | 5;
  readonly keepaliveSeconds: number;
  readonly clean: boolean;
  /** Connects per second over all workers; client i is due at start + i / rate. */
  readonly connectRate: number;
  readonly dialTimeoutMicros: number;
  /**
   * Topics of each client, told apart by %t (0 … topics - 1): it subscribes to all and publishes to them in turn, each
   * with its own order. Default 1.
   */
  readonly topics?: number;
  readonly subscribe?: SubscribePlan;
  readonly publish?: PublishPlan;
  /** Of CONNECT, MQTT 5. */
  readonly properties?: ConnectOptions['properties'];
  readonly psk?: PskPlan;
  /** Made by each client for each of its connects. */
  readonly jwt?: JwtPlan;
  /** Clients prove their password by this method (MQTT 5.0, 4.12), and send neither it nor their user name in CONNECT. */
  readonly authMethod?: AuthenticationMethod;
  /** How clients come back when their connection is lost; undefined: they do not. */
  readonly reconnect?: ReconnectPlan;
  /** User name with %c, %i and %rand_N. */
  readonly username?: string;
  /** The variable of the environment that has the password of all clients. */
  readonly passwordVariable?: string;
  /** Absolute path of the file that {@link LoadPlan.feed} is read from. */
  readonly feeder?: string;
  /** Number of the first client, for ids and %i. Default 0. */
  readonly startNumber?: number;
  readonly will?: Will;
  /**
   * How many of the clients are there over time, from the begin of the traffic on; undefined: all, from the connects on. Only
   * of clients that neither publish nor subscribe.
   */
  readonly clientStages?: readonly ClientStage[];
  /** Clients leave on purpose and come back; every connect counts in connect.* from when it was due. */
  readonly churn?: { readonly stayMicros: number; readonly awayMicros: number; readonly politely: boolean };
  /** Silence (no byte although a PUBACK or PINGRESP is due) after which a client gives its connection up. */
  readonly deadAfterMicros: number;
}

/** Everything a load worker needs to know; the coordinator hands each worker its share of `clients`. */
export interface LoadPlan extends FleetPlan {
  /** What it is called, where the cell has several fleets. */
  readonly fleet?: string;
  readonly target: {
    readonly transport: TransportName;
    readonly hosts: readonly { readonly host: string; readonly port: number }[];
    readonly tls?: ClientTls;
    readonly ws?: DialOptions['ws'];
    readonly congestionControl?: string;
    readonly quic?: DialOptions['quic'];
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
  /** Source addresses, client i uses i mod n. Empty: the kernel chooses. */
  readonly localAddresses: readonly string[];
  readonly clientIdPrefix: string;
  /** The ids are the user's choice, so another run may have the same. Default: they are this run's own. */
  readonly fixedIds?: boolean;
  /** As it is. */
  readonly password?: string;
  /** A row per client (client i has row i): what it gives replaces the plan's. Any column fills `%{column}`. */
  readonly feed?: readonly FeedRow[];
  /** Count messages stamped by other processes as well: subscribers of a run without publishers. */
  readonly anyRun?: boolean;
  readonly seed: number;
  /**
   * Clients per worker that connect, publish for a moment and leave before anything is measured, so that neither
   * broker nor generator is measured while its code is compiled. Default 30; 0 for none.
   */
  readonly warmupClients?: number;
}

/**
 * Topics with emqtt-bench's variables: %c client id, %i client number, %u user name, %rand_N a number below N. Either one and
 * further ones alike, or filters that have a QoS and a stream each; `qos` is then the highest.
 */
export type SubscribePlan = { readonly qos: 0 | 1 | 2; readonly reads?: ReadsPlan; readonly respond?: RespondPlan } & (
  | { readonly topic: string; readonly further?: readonly string[]; readonly each?: undefined }
  | { readonly each: readonly FilterPlan[]; readonly topic?: undefined; readonly further?: undefined }
);

/** MQTT 5: subscribers answer each message that has a response topic, with QoS `qos` and so many bytes. */
export interface RespondPlan {
  readonly bytes: number;
}

export interface PublishPlan {
  /** With the variables of topics, and %s the message's number; with a pace per topic, what they are called together. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly payload: Payload;
  readonly pace: Pace;
  /** Of PUBLISH, MQTT 5. */
  readonly properties?: PublishProperties;
  /** MQTT 5: an alias stands for the topic of a message as soon as, and as far as, the broker takes aliases. */
  readonly topicAlias?: boolean;
  /**
   * Where the stamp is by which messages are measured on arrival: in the first bytes of payloads of mqbench's own
   * making (default), or in a user property of MQTT 5, with any payload.
   */
  readonly stampIn?: 'payload' | 'property';
  /**
   * MQTT 5: each message is a request. It has `properties.responseTopic`, which its client subscribes to, and correlation data
   * of its own, by which the response is found.
   */
  readonly request?: boolean;
  /** Publishes in all; the rest of the time nothing is due. */
  readonly limit?: number;
  /** Send again with DUP what has not been acknowledged after this; undefined: only after a reconnect, as MQTT 5 demands. */
  readonly retryAfterMicros?: number;
  /** Most unacknowledged publishes per client. Due ones beyond it wait, and their wait counts. */
  readonly inflight: number;
}

/** Of mqbench's own making, with room for a stamp from 20 bytes; the others are of the user's, and counted where they arrive. */
export type Payload =
  | {
      readonly kind: 'filler';
      /** Where sizes are drawn, the largest. */
      readonly bytes: number;
      /** Drawn for each message, bytes. */
      readonly sizes?: Distribution;
    }
  | { readonly kind: 'bytes'; readonly base64: string }
  /** With the variables of topics, %TIMESTAMP% (ms since 1970), %TIMESTAMP_S%, %TIMESTAMP_ISO%, %UNIQUE% and %RANDOM%. */
  | { readonly kind: 'template'; readonly text: string }
  /** A module whose default export makes each; how long it may hold its process up, half of it for loading. */
  | { readonly kind: 'hook'; readonly file: string; readonly timeoutMicros: number };

/** On a fixed schedule (open loop), or as fast as acknowledgements allow, where nothing is ever due. */
export type Pace =
  | { readonly kind: 'closed' }
  | ({ readonly kind: 'rate' } & OpenLoop)
  /** Topics that each have their own, instead of `topic`. A limit takes the first of all in order of time. */
  | ({
      readonly kind: 'per-topic';
      readonly topics: readonly TopicPlan[];
      /**
       * The topics are one, and differ in their QoS: each message of a client is drawn to one of them, which get so many per
       * cent of all, 100 together. `perSecond` and `gaps` are those of all, and the intervals of the topics say nothing.
       */
      readonly mix?: readonly number[];
    } & OpenLoop);

export interface OpenLoop {
  /** Over all clients, and all topics. */
  readonly perSecond: number;
  /** Everything a client publishes is due this much later, drawn evenly for each client from the seed. */
  readonly firstWait?: { readonly minMicros: number; readonly maxMicros: number };
  /**
   * Times between two messages of one client, drawn each, microseconds; stretched or shortened so that their mean is what
   * the rate comes to. Default: always the same. Not with topics that have an interval of their own.
   */
  readonly gaps?: Distribution;
  /** How the rate runs over time, for all topics alike; default constant. */
  readonly shape?: RateShape;
}

/** Publishes per second over all clients; undefined in a closed loop, and where nothing is published. */
export const rateOf = ({ publish }: Pick<LoadPlan, 'publish'>): number | undefined =>
  publish === undefined || publish.pace.kind === 'closed' ? undefined : publish.pace.perSecond;

/** Topics that have a pace of their own; undefined: there is one pace. */
export const ownTopics = ({ publish }: Pick<LoadPlan, 'publish'>): readonly TopicPlan[] | undefined =>
  publish?.pace.kind === 'per-topic' ? publish.pace.topics : undefined;

/** Whether the topics with a pace of their own are one whose messages have a QoS each, drawn. */
export const isMixed = ({ publish }: Pick<LoadPlan, 'publish'>): boolean =>
  publish?.pace.kind === 'per-topic' && publish.pace.mix !== undefined;

/** The highest QoS that anything is published with; 0 where nothing is. */
export const highestSent = (plan: Pick<FleetPlan, 'publish'>): 0 | 1 | 2 =>
  Math.max(0, ...(ownTopics(plan) ?? [plan.publish]).map((one) => one?.qos ?? 0)) as 0 | 1 | 2;

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
  readonly payload: Payload;
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
