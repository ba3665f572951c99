/** Something of ours that stands in the place of a part of aedes. */
export interface Patch {
  /** Files below src/broker that put it there. */
  readonly by: readonly string[];
  /** What would be wrong without it, sentences. */
  readonly why: string;
}

/**
 * Everything of aedes, and of the streams that it is given, in whose place we put something of our own: by what it belongs to.
 * {@link replace} takes nothing that is not in this table, and docs/broker.md shows it.
 */
export const patches = {
  /** An option of aedes. */
  option: {
    mq: {
      by: ['delivery/emitter.ts'],
      why: 'The emitter of aedes delivers 100 messages at a time and lets the others wait in an array, acknowledged: the more wait, the slower it gets. It knows subscriptions one by one, not those of a client together, and no shared ones.',
    },
    persistence: {
      by: ['sessions/store.ts'],
      why: 'That of aedes goes through the whole queue of a session for every message, keeps everything for who never comes back, gives messages new packet ids on each connection, keeps them at the QoS of their publisher, and does not know which session is there.',
    },
  },
  /** Extension points of a broker, which aedes documents, and methods that its types name. */
  broker: {
    preConnect: {
      by: ['admission.ts'],
      why: 'A CONNECT in 0-RTT data that would do harm as a replay waits until the handshake is confirmed.',
    },
    authenticate: {
      by: ['admission.ts'],
      why: 'The first step behind all for which aedes refuses a CONNECT: whoever had the client id is ended, then the session begins. aedes lets clients with one id in beside each other when they come in the same moment.',
    },
    scheduleWill: {
      by: ['aedes/take-over.ts'],
      why: 'A will that waits for its delay is published when its session ends before; aedes drops it.',
    },
    authorizePublish: {
      by: ['admission.ts'],
      why: 'A PUBLISH in 0-RTT data waits too, every PUBLISH counts against the limit of a turn, and one beyond the receive maximum ends the connection.',
    },
    subscribe: {
      by: ['aedes/deliveries.ts'],
      why: 'aedes delivers per subscription and takes away the copies that a client has got already: the first match decides the QoS, and a wildcard subscription gets messages above its QoS. One copy with the highest QoS and all identifiers is due.',
    },
    unsubscribe: { by: ['aedes/deliveries.ts'], why: 'The other half of subscribe.' },
  },
  /** The inside of a client. */
  client: {
    deliver0: {
      by: ['aedes/deliveries.ts'],
      why: 'When a message is sent, under which packet id and as which bytes, is decided in delivery/subscriber.ts: aedes knows no receive maximum, no topic aliases and no largest packet of its clients.',
    },
    deliverQoS: { by: ['aedes/deliveries.ts'], why: 'As deliver0; retained messages come this way too.' },
    _parser: {
      by: ['aedes/aedes.ts'],
      why: 'aedes refuses MQTT 5 clients shared subscriptions by their name, which is changed before it looks. What the parser gathers in is a stream, 0.8 KB for each client, where a list does.',
    },
    _keepaliveTimer: {
      by: ['delivery/back-pressure.ts', 'quic/streams.ts'],
      why: 'Restarted for a client that is left unread on purpose, and for one that sends on a data stream: neither is silent.',
    },
    _nextBatch: {
      by: ['intake/intake.ts'],
      why: 'No event tells that aedes is through with a packet. DISCONNECT and the end of a stream wait for it, or aedes would drop what it has begun for the client.',
    },
  },
  /** The package mqtt-packet, through which aedes writes. */
  module: {
    writeToStream: {
      by: ['aedes/answers.ts'],
      why: 'SUBACK of aedes has one code for a filter that was asked for twice. Its CONNACK says that there are no shared subscriptions, that a session without subscriptions is not there, and nothing of limits that are not its own. It writes PUBREC when subscribers have taken the message, in whatever order that is.',
    },
  },
  /** The stream of a connection, from both sides of which aedes hangs. */
  stream: {
    read: {
      by: ['intake/intake.ts', 'delivery/back-pressure.ts'],
      why: 'aedes reads whatever has come. It gets whole packets that keep the rules of MQTT, and none that could not be delivered: reading is the last moment before it acknowledges.',
    },
    write: {
      by: ['delivery/outbox.ts'],
      why: 'aedes writes a packet in five or six pieces. What is written in one turn of the event loop leaves at once: a system call and a TLS record for each packet took two thirds of the time.',
    },
    cork: {
      by: ['delivery/outbox.ts'],
      why: 'Taken away, since mqtt-packet would cork and uncork the stream for every packet.',
    },
    end: { by: ['delivery/outbox.ts'], why: 'Writes what still waits.' },
    destroy: { by: ['delivery/outbox.ts'], why: 'Writes what still waits.' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Patch>>>>;

export type Patches = typeof patches;

/**
 * Puts a method of ours in the place of one that {@link patches} lists.
 * @param _of what the owner is
 * @param ours makes it; gets the method that was there before, bound to its owner
 */
export function replace<
  Of extends keyof Patches,
  Name extends keyof Patches[Of] & string,
  Owner extends { [name in Name]: (...args: never[]) => unknown },
>(_of: Of, owner: Owner, name: Name, ours: (theirs: Owner[Name]) => Owner[Name]): void {
  owner[name] = ours(owner[name].bind(owner) as Owner[Name]);
}
