import type { Aedes, Client } from 'aedes';
import { machineError } from '../../base/errors.js';

/**
 * The one version of aedes whose private parts are those below. They may change in any other, without a word in its
 * notes: package.json names this version exactly, and a broker starts on no other. Whoever moves on compares this file and
 * patches.ts with the new version, then runs test/broker.
 */
export const knownVersion = '2.0.0-beta.1';

/** What a session's queue holds: a message, or the PUBREL that took its place. */
export interface Queued {
  readonly cmd?: string;
  readonly topic?: string | null;
  readonly payload?: { readonly length: number } | null;
  messageId?: number | undefined;
}

/** What aedes keeps sessions in. */
export interface Persistence {
  subscriptionsByClient(client: { readonly id: string }): Promise<unknown[]>;
  /** Keeps a message for every session that its subscriptions belong to. */
  outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], message: Queued): Promise<void>;
  /** Notes the packet id that a kept message is sent with; its only error is that there is no such message. */
  outgoingUpdate(client: unknown, packet: object): Promise<void>;
  /** Takes a message out of the queue. @returns what it was, undefined when there is none with this id */
  outgoingClearMessageId(
    client: { readonly id: string },
    packet: { readonly messageId?: number },
  ): Promise<Queued | undefined>;
  /** The queue of a session, to be replayed. */
  outgoingStream(client: object): AsyncIterable<Queued>;
}

/** What aedes' types leave out of a broker. */
export interface AedesInside {
  readonly version: string;
  /** The clients that are connected, by client id. */
  readonly clients: Readonly<Record<string, Client>>;
  readonly persistence: Persistence;
}

/** What aedes' types leave out of a client. */
export interface ClientInside {
  /** The next packet id to the client, 1 to 65,535; begins at random. */
  _nextId: number;
  /** Ends the client when it fires; null without a keepalive. */
  readonly _keepaliveTimer?: NodeJS.Timeout | null;
  /** Called when a packet has been acted upon, and once when CONNACK is out. */
  _nextBatch: (error?: Error) => void;
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
