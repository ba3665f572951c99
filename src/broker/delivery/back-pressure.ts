import type { Duplex } from 'node:stream';
import { type Client, keepAlive } from '../aedes/aedes.js';
import { replace } from '../aedes/patches.js';
import type { BrokerStats } from '../contract.js';

/** How much the broker takes on before it stops reading. */
export const defaultPressure = {
  /**
   * PUBLISH packets with a subscriber read per turn of the event loop; connections beyond it are read in later turns. An overloaded broker
   * with 5,000 TLS clients delivered in the same moment as it acknowledged with 500 (a turn lasts 26 ms), 68 ms later
   * with 2,000 and 119 ms later without a limit, at the median.
   */
  publishesPerTurn: 500,
  /** Messages that subscribers' sockets have not taken yet, bytes in all. */
  owedBytes: 64 * 1024 * 1024,
};
export type PressureLimits = Readonly<typeof defaultPressure>;

/** A publisher may owe this share of what is still free, so that many at once cannot take more than all of it. */
const share = 1 / 64;

/** The reading side of one connection. */
export interface Flow {
  readonly duplex: Duplex;
  /** It is read in turns. */
  readonly inTurns: boolean;
  /** Whose it is, once it has connected. */
  client: Client | undefined;
  /** Bytes this client has published that its subscribers have not taken. */
  owed: number;
  /** It owes too much: nothing is read from it. */
  held: boolean;
  /** It waits for a turn in which it may be read. */
  queued: boolean;
  /** Its turn has come. */
  granted: boolean;
}

/**
 * Slows publishers instead of acknowledging what cannot be delivered: a connection that is not read fills its socket
 * buffers, and TCP's and QUIC's own flow control stop the sender. aedes acknowledges at QoS 1 before it delivers, so
 * nothing later than reading can be too late to stop.
 *
 * - Of the whole broker: so many PUBLISH packets per turn, connections in the order in which they came. It bounds how long a
 *   turn lasts, thus the time from acknowledgement to delivery. Not of QUIC, which reads 512 datagrams or 10 ms a turn
 *   anyway: what waited for a later turn cost a datagram with nothing but an ACK, one for every second message.
 * - Of one publisher: what its subscribers have not taken, a share of what is free (dynamic thresholds, Choudhury and
 *   Hahne 1998). It is read again when they have taken half of that. Nobody else is slowed by a slow subscriber.
 *
 * Neither can lock up: deliveries never wait for anything that is read (a subscriber's acknowledgements have no window here),
 * a socket that takes nothing for aedes' drainTimeout (60 s) is cut, and who owes nothing is always read.
 */
export class BackPressure {
  /** Deliveries that aedes has begun and no socket has taken yet. */
  pending = 0;
  /** Times that reading a connection was put off to a later turn, and that a publisher was held. */
  deferred = 0;
  heldTotal = 0;
  private highest = 0;
  private owed = 0;
  private left: number;
  private scheduled = false;
  private queue: Flow[] = [];
  private readonly flows = new Map<Duplex, Flow>();
  private readonly publishers = new Map<string, Flow>();

  constructor(private readonly limits: PressureLimits) {
    this.left = limits.publishesPerTurn;
  }

  /**
   * Takes over a stream's read(null), with which aedes reads whatever has come; anything else passes.
   * To be called before aedes has the stream.
   * @param inTurns the broker's limit of a turn applies to it
   * @returns whether what comes now may be acted upon now
   */
  attach(duplex: Duplex, inTurns: boolean): () => boolean {
    const flow: Flow = { duplex, inTurns, client: undefined, owed: 0, held: false, queued: false, granted: false };
    replace('stream', duplex, 'read', (read) => (size) => {
      if ((size as unknown) === null && duplex.readableLength > 0 && !this.mayRead(flow)) return null;
      return read(size);
    });
    this.flows.set(duplex, flow);
    duplex.on('close', () => {
      this.flows.delete(duplex);
      const id = flow.client?.id;
      if (id !== undefined && this.publishers.get(id) === flow) this.publishers.delete(id);
    });
    return () => !flow.held && this.left > 0 && this.queue.length === 0;
  }

  /** From now on messages of this client count as its connection's. */
  ready(client: Client): void {
    const flow = this.flows.get(client.conn);
    if (!flow) return;
    flow.client = client;
    this.publishers.set(client.id, flow);
  }

  /** To be called every second or so: who has sent something that is left unread on purpose has not fallen silent. */
  sweep(): void {
    for (const { client, duplex, held, queued } of this.flows.values()) {
      if (client && (held || queued) && duplex.readableLength > 0) keepAlive(client);
    }
  }

  /**
   * A PUBLISH has been read that somebody may get. A turn that leaves more than half of its allowance hands the rest on to the next,
   * so that a calm broker needs no step of its own for each turn.
   */
  published(): void {
    this.left--;
    if (this.left * 2 <= this.limits.publishesPerTurn) this.schedule();
  }

  /** A message begins to be delivered. @returns whose it is, for {@link paid} */
  owe(clientId: string | undefined, bytes: number, deliveries: number): Flow | undefined {
    this.pending += deliveries;
    if (this.pending > this.highest) this.highest = this.pending;
    const flow = clientId === undefined ? undefined : this.publishers.get(clientId);
    if (!flow) return undefined;
    this.owed += bytes;
    flow.owed += bytes;
    if (!flow.held && flow.owed > this.allowed()) {
      flow.held = true;
      this.heldTotal++;
    }
    return flow;
  }

  /** All subscribers' sockets have taken it, or are gone. */
  paid(flow: Flow | undefined, bytes: number): void {
    if (!flow) return;
    this.owed -= bytes;
    flow.owed -= bytes;
    if (!flow.held || flow.owed > this.allowed() / 2) return;
    flow.held = false;
    this.enqueue(flow);
  }

  /** What is pending, for {@link BrokerStats}; the peak begins anew. */
  now(): Pick<BrokerStats, 'pendingDeliveries' | 'peakPendingDeliveries' | 'publishersHeld'> {
    const { pending, highest } = this;
    this.highest = pending;
    let held = 0;
    for (const flow of this.publishers.values()) if (flow.held) held++;
    return { pendingDeliveries: pending, peakPendingDeliveries: highest, publishersHeld: held };
  }

  private allowed(): number {
    return Math.max(0, this.limits.owedBytes - this.owed) * share;
  }

  private mayRead(flow: Flow): boolean {
    if (flow.held) return false;
    if (!flow.inTurns || flow.granted || (this.left > 0 && this.queue.length === 0)) {
      flow.granted = false;
      return true;
    }
    if (!flow.queued) this.deferred++;
    this.enqueue(flow);
    return false;
  }

  private enqueue(flow: Flow): void {
    if (flow.queued) return;
    flow.queued = true;
    this.queue.push(flow);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.turn());
  }

  /** A new turn: first those who wait from the ones before. */
  private turn(): void {
    this.scheduled = false;
    this.left = this.limits.publishesPerTurn;
    const waiting = this.queue;
    this.queue = [];
    let served = 0;
    while (served < waiting.length && this.left > 0) {
      const flow = waiting[served++] as Flow;
      flow.queued = false;
      if (flow.duplex.destroyed) continue;
      flow.granted = true;
      flow.duplex.emit('readable'); // aedes reads now, or as soon as it is through with what it has
    }
    if (served < waiting.length) this.queue = [...waiting.slice(served), ...this.queue];
    if (this.queue.length > 0) this.schedule();
  }
}
