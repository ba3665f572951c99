import type { Distribution } from '../base/numbers/distribution.js';
import type { TlsVersion, TransportName } from '../transport/contract.js';
import type { ClientsAsked } from './clients.js';
import type { AuthenticationMethod } from './credentials/authentication.js';
import type { Mqtt5Asked } from './mqtt5.js';
import type { LoadPlan } from './plan.js';
import type { QosMix } from './qos-mix.js';
import type { ReconnectPolicy } from './reconnect.js';
import type { RateStage } from './stages.js';
import type { TlsAsked } from './tls.js';

/**
 * What is asked of a load, as it is written at one of the doors: the command line or a scenario. What is not written is
 * undefined, and times are in microseconds. {@link ./check.ts} says what of it cannot be; only then it becomes a plan.
 */
export interface Asked
  extends Mqtt5Asked,
    ClientsAsked,
    TlsAsked,
    Partial<Omit<LoadPlan['target'], 'hosts' | 'tls' | 'ws' | 'quic'>> {
  readonly tlsVersion?: TlsVersion;
  /** Settings of QUIC; by themselves they are checked where they are read. */
  readonly quic?: object;
  /** Of certificates only whether they are given counts here. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly path?: string;
  /** Names and values; a name may come twice, which is a mistake. */
  readonly headers?: readonly (readonly [name: string, value: string])[];

  /** All that connect; `connectRate` of them a second. */
  readonly clients?: number;
  readonly keepalive?: number;
  readonly deadAfter?: number;
  /** Whether clients come back after a cut. */
  readonly reconnect?: boolean;
  readonly reconnectPolicy?: ReconnectPolicy;
  readonly reconnectFirst?: number;
  readonly reconnectMax?: number;
  readonly duration?: number;
  /** Topics of each client, told apart by %t. */
  readonly topics?: number;
  readonly topic?: string;
  readonly filters?: readonly string[];
  /** Files that tokens are signed with, and what the tokens say. */
  readonly jwtSecret?: string;
  readonly jwtKey?: string;
  readonly jwtClaims?: object;
  readonly jwtLifetime?: number;
  readonly jwtAs?: 'password' | 'username';
  readonly username?: string;
  readonly password?: string;
  /** How clients prove their password instead of sending it. */
  readonly authMethod?: AuthenticationMethod;
  /** A feeder may have user names and passwords. */
  readonly fed?: boolean;
  /** File of pre-shared keys, and the identity of a client in it. */
  readonly pskFile?: string;
  readonly pskIdentity?: string;
  /** Whether messages are requests; bytes of the responses of subscribers that answer. */
  readonly request?: boolean;
  readonly respond?: number;
  /** Subscribers do not publish. */
  readonly subscribersApart?: boolean;
  /** Messages a second that a subscriber reads, 0 for none, and from when on. */
  readonly reads?: number;
  readonly readsAfter?: number;
  /** The levels that messages are sent with, and those that are subscribed with. */
  readonly qos?: readonly (0 | 1 | 2)[];
  /** Of the messages, per cent by level; instead of one level. */
  readonly qosMix?: QosMix;
  readonly filterQos?: readonly (0 | 1 | 2)[];
  readonly publishers?: number;
  /** Bytes of a payload of mqbench's own making. */
  readonly payload?: number;
  /** Instead: sizes that are drawn. */
  readonly sizes?: Distribution;
  /** Whether messages are measured by a stamp in that payload. */
  readonly measured?: boolean;
  /** Messages a second over all publishers, and time between two of one; neither: as fast as they are acknowledged. */
  readonly rate?: number;
  readonly interval?: number;
  /** Instead of an interval: drawn ones. */
  readonly intervals?: Distribution;
  /** Whether the messages of a client come evenly at their rate, or at random. */
  readonly arrivals?: 'even' | 'poisson';
  /** As fast as they are acknowledged. */
  readonly closedLoop?: boolean;
  /** Instead of both: one rate after the other. */
  readonly stages?: readonly RateStage[];
  readonly limit?: number;
}

export type Setting = keyof Asked;
/** What of a load not every transport carries alike: levels of QoS, and what needs one stream with flow control. */
export type Levels = Pick<Asked, 'qos' | 'filterQos' | 'topicAlias' | 'reads' | 'pskFile'>;

/** How one of the doors speaks of what is asked there. */
export interface Door {
  /** Who uses the transport: `this run`, `this arm`. */
  readonly subject: string;
  /** What a setting is called there: `--streams`. */
  name(setting: Setting): string;
  /** What to write for another transport: `add --quic`. */
  use(transport: TransportName): string;
  /** What takes payloads of any size, where the door has it. */
  readonly anySize?: string;
}

/** Something that cannot be; with the name of the setting before it, it is a sentence. */
export interface Problem {
  readonly at: Setting;
  /** Which of the setting's texts it is about. */
  readonly text?: string;
  readonly says: string;
}

export type Wrong = (at: Setting, says: string, text?: string) => void;
/** Says what cannot be in one matter. A setting that is not there is no reason to say something. */
export type Rule = (asked: Asked, door: Door, wrong: Wrong) => void;
