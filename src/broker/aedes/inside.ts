import type { EventEmitter } from 'node:events';
import type { Aedes, Client } from 'aedes';
import type { Packet } from 'mqtt-packet';
import { machineError } from '../../base/errors.js';

/**
 * The one version of aedes whose private parts are those below. They may change in any other, without a word in its
 * notes: package.json names this version exactly, and a broker starts on no other. Whoever moves on compares this file and
 * patches.ts with the new version, then runs test/broker and test/conformance.
 */
export const knownVersion = '2.0.0-beta.1';

/** What aedes' types leave out of a broker. */
export interface AedesInside {
  readonly version: string;
  /** The clients that are connected, by client id. */
  readonly clients: Readonly<Record<string, Client>>;
  /** Messages so far; each gets the next number. */
  counter: number;
  /** Hand on what is for a filter, from now on and no longer. */
  subscribe: (filter: string, deliver: AedesDeliver, done: () => void) => void;
  unsubscribe: (filter: string, deliver: AedesDeliver, done?: () => void) => void;
  /** What stands for each will that waits for its delay, by client id. */
  readonly delayedWills: ReadonlyMap<string, object>;
  /** A will is to be published after so many seconds, unless its client comes back. */
  scheduleWill: (client: Client, will: object, seconds: number) => void;
  clearDelayedWill(clientId: string): void;
  publishWill(client: Client, will: object): void;
}

/** How aedes hands a message to a subscription, or to a client. */
export type AedesDeliver = (message: object, done: () => void) => void;

/** A subscription of a client that is there, as aedes keeps it. */
export interface SubscriptionInside {
  readonly qos: 0 | 1 | 2;
  readonly rap?: boolean;
  readonly nl?: boolean;
  /** Its identifier. */
  readonly si?: number;
}

/** What aedes' types leave out of a client. */
export interface ClientInside {
  /** Of the protocol, 3 to 5; null before CONNECT. */
  readonly version: number | null;
  readonly subscriptions: Readonly<Record<string, SubscriptionInside>>;
  /** Ends the client when it fires; null without a keepalive. */
  readonly _keepaliveTimer?: NodeJS.Timeout | null;
  /** Called when a packet has been acted upon, and once when CONNACK is out. */
  _nextBatch: (error?: Error) => void;
  /** Emits `packet` for each that has come; `this` of its one listener is the parser. */
  readonly _parser: EventEmitter & {
    listeners(event: 'packet'): ((packet: Packet) => void)[];
    /** What has come and is no whole packet yet: a stream, whose class has that of a plain list with it. */
    _list: { readonly length: number; readonly constructor: unknown };
  };
  /** Deliver a message at QoS 0, or at its own. */
  deliver0: AedesDeliver;
  deliverQoS: AedesDeliver;
  /** Calls back when the stream takes more, or the client is gone; one that takes nothing for 60 s is cut off. */
  waitForDrain(done: () => void): void;
}

/** For this folder only; the others ask aedes.ts. */
export const insideOf = (aedes: Aedes): AedesInside => aedes as unknown as AedesInside;
/** As {@link insideOf}. */
export const insideOfClient = (client: Client): ClientInside => client as unknown as ClientInside;

/** @throws MQB_AEDES_VERSION when it is not the version whose parts are known */
export function refuseUnknown({ version }: AedesInside): void {
  if (version === knownVersion) return;
  throw machineError(
    'MQB_AEDES_VERSION',
    `start the broker on aedes ${version}: it replaces private parts of aedes ${knownVersion}`,
    `install mqbench again with its own dependencies (npm ci), of which aedes ${knownVersion} is one`,
  );
}
