import { randomBytes } from 'node:crypto';
import type { Address } from '../../contract.js';
import { logKeys } from '../../key-log.js';
import { QuicConnection } from '../connection/connection.js';
import { closeCodes, endOf } from '../connection/failure.js';
import type { ConnectionHooks } from '../connection/hooks.js';
import type { Config, Native, Quiche } from '../native.js';
import { type QuicSettings, socketOptions } from '../settings.js';
import type { UdpIo } from '../udp/io.js';
import { openUdp } from '../udp/udp.js';
import { noCounts } from './counters.js';
import { connectionIdLength, isLong, keyAt, keyOf } from './packet.js';
import { type PeerBuffer, Place } from './peer-buffer.js';
import { type Acceptor, Reception } from './reception.js';
import type { TimerWheel } from './scheduler.js';
import { ResetTokens, shortestReset } from './stateless-reset.js';

/** So many connections are shown a datagram that may be a reset, about 0.1 ms. */
const mostOffers = 64;

/** What a client's connection starts with. */
export interface Start {
  readonly config: Config;
  readonly settings: QuicSettings;
  /** SNI and the name verified; null for none. */
  readonly name: string | null;
  /** What the kernel sends from; the socket itself may be bound to every address. */
  readonly from: Address;
  readonly to: Address;
  readonly hooks: ConnectionHooks;
  /** Called before the first packet, e.g. to set a ticket. */
  readonly prepare: (quiche: Quiche) => void;
  readonly keyLogFile?: string;
  /** The server's, where one can know how full it is. */
  readonly peerBuffer?: PeerBuffer;
  /** When dial() was called, monotonic microseconds. */
  readonly started: number;
}

/**
 * All connections of one UDP socket: finds the connection of a datagram by its
 * destination connection id, and sends once per turn and connection.
 */
export class Endpoint {
  readonly counters = noCounts();
  io!: UdpIo;
  /** Server connections whose handshake is not over. */
  unfinished = 0;
  private reception: Reception | undefined;
  /** A client's go with no packet: it never resets anybody. */
  resetTokens = new ResetTokens(randomBytes(32));
  /** Called when the last connection of a client's endpoint is gone. */
  onEmpty: (() => void) | undefined;
  /** Datagrams that belonged to a connection. */
  received = 0;
  private isClosed = false;
  private readonly byId = new Map<string, QuicConnection>();
  /** Clients' connections by the server's id. Made at once: to make it with the first stray datagram would hold up thousands. */
  private readonly byPeerId = new Map<string, QuicConnection>();
  private readonly idsOf = new Map<QuicConnection, string[]>();
  private awake: QuicConnection[] = [];
  private scheduled = false;

  constructor(
    readonly native: Native,
    readonly settings: QuicSettings,
    readonly wheel: TimerWheel,
  ) {}

  /** One with a socket of its own. @param port 0 takes a free one @throws MqbenchError MQB_PORT_IN_USE, MQB_LISTEN */
  async open(host: string, port: number): Promise<this> {
    const { onPacket, wheel, settings } = this;
    this.io = await openUdp({ host, port, onPacket, backlog: wheel.backlog, ...socketOptions(settings) });
    return this;
  }

  /** Makes it a server. */
  accept(acceptor: Acceptor): void {
    this.resetTokens = new ResetTokens(acceptor.resetKey ?? randomBytes(32));
    this.reception = new Reception(this, acceptor);
  }

  /** Living connections, those in their handshake included. */
  get size(): number {
    return this.idsOf.size;
  }

  all(): QuicConnection[] {
    return [...this.idsOf.keys()];
  }

  /** The handler of the socket's datagrams. */
  readonly onPacket = (packet: Buffer, from: Address): void => {
    if (packet.length < 1 + connectionIdLength) {
      this.counters.datagramsMalformed++;
      return;
    }
    const connection = this.byId.get(
      isLong(packet) ? keyAt(packet, 6, packet[5] as number) : keyAt(packet, 1, connectionIdLength),
    );
    if (!connection) {
      this.stranger(packet, from);
      return;
    }
    this.received++;
    if (!connection.receive(packet, from, this.io)) this.counters.datagramsRefused++;
  };

  private stranger(packet: Buffer, from: Address): void {
    if (!isLong(packet) || !this.reception) this.counters.datagramsUnknown++;
    if (!this.reception) this.offerReset(packet, from);
    else if (isLong(packet)) this.reception.receive(packet, from);
    else this.reception.stray(packet, from);
  }

  /**
   * What belongs to nobody may be a stateless reset, which only quiche can tell (RFC 9000 10.3.1). Ours name the connection, by the
   * server's id; those of others are shown to connections with that server, a bounded number of them.
   */
  private offerReset(packet: Buffer, from: Address): void {
    if (isLong(packet) || packet.length < shortestReset) return;
    const named = this.byPeerId.get(keyAt(packet, 1, connectionIdLength));
    let tries = 0;
    for (const connection of named ? [named] : this.idsOf.keys()) {
      const { host, port } = connection.peerAddress;
      if (port !== from.port || host !== from.host || !connection.confirmed) continue;
      if (++tries > mostOffers) return;
      try {
        connection.path.take(Buffer.from(packet), from, this.io); // a copy: quiche reads in place
      } catch {
        continue;
      }
      if (!connection.quiche.isClosed()) continue;
      this.wake(connection);
      return;
    }
  }

  /** Starts a connection; the first datagram leaves in this turn. */
  connect(start: Start): QuicConnection {
    const id = randomBytes(connectionIdLength);
    const { from, to } = start;
    const quiche = this.native.Connection.connect(start.name, id, from, to, start.config);
    start.prepare(quiche);
    const info = { from: to, to: from };
    const connection = new QuicConnection(quiche, 'client', this, start.settings, info, start.hooks, start.started);
    const { peerBuffer } = start;
    if (peerBuffer) connection.place = new Place(peerBuffer, connection);
    if (start.keyLogFile !== undefined) connection.secrets = logKeys(quiche, start.keyLogFile);
    this.register(connection, [keyOf(id)]);
    return connection;
  }

  /** Asks for pump() and flush() of a connection before this turn of the event loop ends. */
  wake(connection: QuicConnection): void {
    if (connection.awake) return;
    connection.awake = true;
    this.awake.push(connection);
    if (this.scheduled) return;
    this.scheduled = true;
    // Two callbacks: what the application writes in reply to pump(), also from its own microtasks and ticks,
    // is there when flush() runs, and leaves in one packet with the acknowledgement.
    setImmediate(this.pumpAll);
    setImmediate(this.flushAll);
  }

  /** A handshake is over: the client's first connection id is not needed any more. */
  established(connection: QuicConnection): void {
    const ids = this.idsOf.get(connection);
    while (ids && ids.length > 1) this.byId.delete(ids.pop() as string);
    if (connection.role === 'server') this.unfinished--;
    else this.byPeerId.set(keyOf(connection.quiche.destinationId()), connection);
    const { counters } = this;
    const { kind: handshake, earlyData } = connection.opening;
    if (earlyData === 'rejected') counters.earlyDataRejected++;
    if (handshake === 'full') counters.handshakesFull++;
    else if (handshake === 'resumed') counters.handshakesResumed++;
    else counters.handshakesEarlyData++;
  }

  /** Gives the peer as many further connection ids as it takes, so that it can move (RFC 9000 5.1.1). */
  spareIds(connection: QuicConnection): void {
    const { quiche } = connection;
    const ids = this.idsOf.get(connection);
    if (!ids) return;
    for (let retired = quiche.retiredScidNext(); retired; retired = quiche.retiredScidNext()) {
      this.byId.delete(keyOf(retired));
    }
    while (quiche.sourceCidsLeft() > 0) {
      const id = randomBytes(connectionIdLength);
      quiche.newSourceCid(id, this.resetTokens.tokenOf(id), false);
      ids.push(keyOf(id));
      this.byId.set(keyOf(id), connection);
    }
  }

  /** Datagrams for another endpoint's connection are taken here too: it is about to move here. @returns undoes it */
  adopt(connection: QuicConnection, from: Endpoint): () => void {
    const ids = from.idsOf.get(connection) ?? [];
    this.register(connection, [...ids]);
    return () => this.forget(connection);
  }

  /** Takes no more datagrams for a connection that lives on elsewhere. */
  forget(connection: QuicConnection): void {
    for (const id of this.idsOf.get(connection) ?? []) this.byId.delete(id);
    if (this.byPeerId.size > 0) this.byPeerId.delete(keyOf(connection.quiche.destinationId()));
    if (!this.idsOf.delete(connection) || this.idsOf.size > 0 || this.reception) return;
    this.io.ref(false);
    this.onEmpty?.();
  }

  /** A connection neither sends nor receives any more. */
  gone(connection: QuicConnection): void {
    if (!this.idsOf.has(connection)) return;
    this.counters.connectionsClosed++;
    this.counters[endOf(connection.quiche)]++;
    if (!connection.confirmed) {
      this.counters.handshakesFailed++;
      if (connection.role === 'server') this.unfinished--;
    }
    this.forget(connection);
  }

  /** Closes the socket; what still lives is closed with the code for a normal end. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onEmpty = undefined;
    for (const connection of this.all()) {
      connection.termination.closeNow(closeCodes.normal);
      connection.termination.discard();
    }
    this.io.flush();
    this.io.close();
  }

  private readonly pumpAll = (): void => {
    // Pumping one may wake others (a broker fans out): the list grows while we walk it.
    for (let i = 0; i < this.awake.length; i++) (this.awake[i] as QuicConnection).pump();
  };

  private readonly flushAll = (): void => {
    const list = this.awake;
    this.awake = [];
    this.scheduled = false;
    for (const connection of list) {
      connection.awake = false;
      connection.flush();
    }
    this.io.flush();
  };

  /** Takes the datagrams for these connection ids to a connection. */
  register(connection: QuicConnection, ids: string[]): void {
    if (this.idsOf.size === 0) this.io.ref(true);
    for (const id of ids) this.byId.set(id, connection);
    this.idsOf.set(connection, ids);
    this.wake(connection);
  }

  nowMs(): number {
    return this.wheel.now();
  }
}
