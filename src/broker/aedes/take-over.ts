import { generate } from 'mqtt-packet';
import type { Aedes, Client } from './aedes.js';
import { insideOf, insideOfClient } from './inside.js';
import { replace } from './patches.js';

/** Session taken over (MQTT 5.0, 3.14.2.1), for all connections alike. */
const takenOver = generate({ cmd: 'disconnect', reasonCode: 0x8e }, { protocolVersion: 5 });

/** A will that waits for its delay, and whose it is. */
interface LateWill {
  readonly client: Client;
  readonly will: object;
}

/**
 * A client id has one connection at a time: who comes with it ends the one before, and goes on once that one is gone
 * [MQTT-3.1.4-3]. aedes begins both at once. Of five clients that connected with one id in the same moment, four stayed; and one that
 * gave up before its CONNACK took the name of the living one with it.
 */
export class TakeOvers {
  /** Who has each id: from its CONNECT on until aedes is through with its end. */
  private readonly holders = new Map<string, Client>();
  /** By what aedes keeps in place of each. */
  private readonly wills = new WeakMap<object, LateWill>();

  constructor(private readonly aedes: Aedes) {
    replace('broker', insideOf(aedes), 'scheduleWill', (schedule) => (client, will, seconds) => {
      schedule(client, will, seconds);
      const late = insideOf(aedes).delayedWills.get(client.id);
      if (late) this.wills.set(late, { client, will });
    });
  }

  /** Client ids that somebody has. */
  get size(): number {
    return this.holders.size;
  }

  /**
   * A client has come, and is to be let in.
   * @param alone called when it is the only one under its id, unless it is gone by then
   */
  take(client: Client, alone: () => void): void {
    if (isLost(client)) return;
    const { id } = client;
    const before = this.holders.get(id);
    this.holders.set(id, client);
    this.releaseAtEnd(id, client);
    if (!before) alone();
    else {
      end(before, () => {
        if (!isLost(client)) alone();
      });
    }
  }

  /** The session of a client id has ended: a will that waits has waited long enough (MQTT 5.0, 3.1.3.2.2). */
  sessionEnded(id: string): void {
    const inside = insideOf(this.aedes);
    const late = inside.delayedWills.get(id);
    const found = late && this.wills.get(late);
    if (!found) return;
    inside.clearDelayedWill(id);
    inside.publishWill(found.client, found.will);
  }

  /** A step of its own: what its listener keeps, it keeps as long as the client is there, and that is not to be what lets it in. */
  private releaseAtEnd(id: string, client: Client): void {
    client.conn.on('close', () => afterEnd(() => this.release(id, client)));
  }

  private release(id: string, client: Client): void {
    if (this.holders.get(id) === client) this.holders.delete(id);
  }
}

const isLost = ({ closed, conn }: Client): boolean => closed || conn.destroyed;

function end(client: Client, then: () => void): void {
  if (client.closed) {
    afterEnd(then);
    return;
  }
  // Not with disconnect() of aedes, which waits for a socket that takes nothing, for up to a minute.
  if (insideOfClient(client).version === 5 && client.connected) client.conn.write(takenOver);
  client.close(then);
}

/** A client that aedes calls closed has its subscriptions until the next turn, and its name as long; a stream may close before its client. */
const afterEnd = (then: () => void): void => {
  setImmediate(setImmediate, then);
};
