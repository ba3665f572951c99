import { Readable } from 'node:stream';
import type { Aedes, AedesPublishPacket, Client } from 'aedes';
import { type ClientInside, insideOf, insideOfClient, type Queued } from './inside.js';
import { replace } from './patches.js';

const mostIds = 65_535;
/** How far a connection that may still be handing out packet ids is passed: more than it can do while it is taken over. */
const gap = 8192;
/** Messages on their way to a connection when it is closed: they still take ids of it, in later turns. */
const underWay = 1024;

/**
 * Four faults of aedes 1.2 lose messages of sessions that outlive a connection (MQTT 3.1.1, 4.4; found with a fleet that
 * reconnected under load: 28 of 1.8 million):
 *
 * - Each connection begins at a random packet id, and what the one before had not got acknowledged keeps its ids. Where
 *   both meet, an acknowledgement of one message clears the other. Here a session goes on counting ([MQTT-2.3.1-2]).
 * - A message that is acknowledged while the queue is being replayed was an error that ended the connection. Here it is
 *   left out of the replay.
 * - A message that came to a connection out of turn is taken for one that it had before, and is to be cleared from the
 *   session's queue by its packet id. It has none yet, nor has any other that waits: the first of these was cleared.
 *   Here none is, and what was left out comes with the next replay.
 * - What waits for its turn in a replay still has the packet id of a connection long gone, and ids begin again: an
 *   acknowledgement cleared it in place of the message that had that id now. Here a replay first takes away all ids but those of
 *   the connection before, whose messages may still be acknowledged.
 */
export class SessionIds {
  /** The living connection of each session, or the next packet id when it has none. */
  private readonly sessions = new Map<string, ClientInside | number>();
  /** Where the ids of a session's newest connection begin; of each connection, which ids the one before may have taken. */
  private readonly began = new Map<string, number>();
  private readonly recent = new WeakMap<object, Recent>();
  /** Packets of a replay that had been acknowledged when their turn came. */
  private readonly acknowledged = new WeakSet<object>();

  constructor(aedes: Aedes) {
    const { persistence } = insideOf(aedes);
    replace('persistence', persistence, 'outgoingUpdate', (update) => (client, packet) => {
      return update(client, packet).catch(() => void this.acknowledged.add(packet));
    });
    replace('persistence', persistence, 'outgoingClearMessageId', (clear) => (client, packet) => {
      return packet.messageId === undefined ? Promise.resolve(undefined) : clear(client, packet);
    });
    replace('persistence', persistence, 'outgoingStream', (stream) => (client) => {
      return Readable.from(withoutOldIds(stream(client), this.recent.get(client)));
    });
  }

  /** A CONNECT has come. */
  begin(client: Client, { clientId, clean }: { readonly clientId: string; readonly clean?: boolean }): void {
    const before = this.sessions.get(clientId);
    if (clean !== false) {
      this.sessions.delete(clientId);
      this.began.delete(clientId);
      return;
    }
    const inside = insideOfClient(client);
    if (typeof before === 'number') inside._nextId = before;
    else if (before !== undefined) inside._nextId = beyond(before._nextId, gap);
    this.sessions.set(clientId, inside);
    const from = this.began.get(clientId);
    if (from !== undefined) this.recent.set(client, { from, count: (inside._nextId - from + mostIds) % mostIds });
    this.began.set(clientId, inside._nextId);
  }

  /** Its connection is closed. */
  end(client: Client): void {
    const inside = insideOfClient(client);
    if (this.sessions.get(client.id) === inside) this.sessions.set(client.id, beyond(inside._nextId, underWay));
  }

  /** Whether a packet that is about to be replayed need not be. */
  isDone(packet: AedesPublishPacket): boolean {
    return this.acknowledged.has(packet);
  }
}

/** @returns the packet id so many after this one; they begin again at 1 */
const beyond = (id: number, ids: number): number => ((id - 1 + ids) % mostIds) + 1;

/** So many packet ids, which may go on at 1 after the last. */
type Recent = Readonly<Record<'from' | 'count', number>>;

/** The queue of a session, once its messages have no packet ids but recent ones; a PUBREL keeps its own, which is all it is. */
async function* withoutOldIds(queue: AsyncIterable<Queued>, recent: Recent | undefined): AsyncGenerator<Queued> {
  const all: Queued[] = [];
  for await (const packet of queue) {
    const id = packet.messageId ?? 0;
    const isOld = recent === undefined || (id - recent.from + mostIds) % mostIds >= recent.count;
    if (isOld && packet.cmd !== 'pubrel') packet.messageId = undefined;
    all.push(packet);
  }
  yield* all;
}
