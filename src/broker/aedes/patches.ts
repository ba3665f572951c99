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
      why: 'The emitter of aedes delivers 100 messages at a time and lets the others wait in an array, acknowledged: the more wait, the slower it gets. Nor does it know shared subscriptions.',
    },
  },
  /** Extension points of a broker, which aedes documents. */
  broker: {
    preConnect: {
      by: ['broker.ts'],
      why: 'A CONNECT in 0-RTT data that would do harm as a replay waits until the handshake is confirmed, and a session goes on with its packet ids before aedes hands out one.',
    },
    authorizePublish: {
      by: ['broker.ts'],
      why: 'A PUBLISH in 0-RTT data waits too, and every PUBLISH counts against the limit of a turn.',
    },
    authorizeForward: {
      by: ['broker.ts'],
      why: 'Deliveries are counted here; a message that was acknowledged while it waited to be replayed is not sent again, and one that may go in a QUIC datagram does not go on the stream.',
    },
  },
  /** Where aedes keeps its sessions. */
  persistence: {
    outgoingEnqueueCombi: {
      by: ['aedes/away-queues.ts'],
      why: 'Every message of QoS 1 and 2 would be kept for sessions whose client is away, without any bound.',
    },
    outgoingClearMessageId: {
      by: ['aedes/session-ids.ts', 'aedes/away-queues.ts'],
      why: 'Called without a packet id, it clears the first message that waits, which is another one and so is lost. What is cleared no longer counts as kept.',
    },
    outgoingUpdate: {
      by: ['aedes/session-ids.ts'],
      why: 'It fails for a message that was acknowledged while the queue was being replayed, and aedes ends the connection for it.',
    },
    outgoingStream: {
      by: ['aedes/session-ids.ts'],
      why: 'What waits in a replay still has the packet ids of connections long gone, so that an acknowledgement would clear another message that has its id now.',
    },
  },
  /** The inside of a client. */
  client: {
    _nextId: {
      by: ['aedes/session-ids.ts', 'quic/streams.ts'],
      why: 'Packet ids begin at random with every connection and meet those that the one before left unacknowledged. On a data stream they begin at 1, as they do at EMQX.',
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
