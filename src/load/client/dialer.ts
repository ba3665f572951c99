import { createHash } from 'node:crypto';
import type { LoadPlan } from '../../plan/plan.js';
import { AddressBook } from '../../transport/address-book.js';
import type { ClientTls, Connection, DialOptions, Transport } from '../../transport/contract.js';
import { transportFor } from '../../transport/registry.js';
import type { Tickets } from '../../transport/tickets.js';
import { formatBrokerUrl } from '../../transport/url.js';
import { Psks } from './credentials/psk.js';
import type { ClientName } from './naming.js';

/** Dials for all clients of a worker with the plan's settings. */
export class Dialer {
  /** Session tickets of this process; the newest of each client. */
  readonly tickets: Tickets = new Map();
  /** Which address of each name answered, and how often. */
  readonly addresses = new AddressBook();
  private readonly transport: Transport;
  private trust: string | undefined;
  private localAddresses: readonly string[];
  /** One object for all dials: the transports keep what they make of it (parsed certificates) by its identity. */
  private readonly tls: ClientTls;
  private readonly psks: Psks | undefined;

  constructor(private readonly plan: LoadPlan) {
    const { target } = plan;
    this.localAddresses = plan.localAddresses;
    this.transport = transportFor(target.transport);
    this.tls = target.tls ?? {};
    this.psks = plan.psk && new Psks(plan.psk);
  }

  /**
   * Under which key a client's ticket is kept. A resumed session is not verified again (RFC 8446, 4.6.1), so a ticket
   * got with other trust or as somebody else must not be found.
   */
  ticketKey({ number, id, row }: ClientName): string {
    const { ca, verify, serverName, cert, alpn } = this.tls;
    this.trust ??= digest([ca, verify !== false, serverName, cert, alpn, this.plan.psk]);
    const owner = row?.cert === undefined ? '' : ` ${digest([row.cert])}`;
    return `${this.where(number)} ${this.trust}${owner} ${id}`;
  }

  where(number: number): string {
    const { hosts, transport } = this.plan.target;
    const target = hosts[number % hosts.length] as { host: string; port: number };
    return formatBrokerUrl(transport, target.host, target.port);
  }

  /** The host's addresses have changed: from now on clients dial from these, client i from i mod n. */
  moveTo(localAddresses: readonly string[]): void {
    this.localAddresses = localAddresses;
  }

  /** Takes a living connection along to its client's address; undefined where the transport cannot. */
  move(connection: Connection, number: number): Promise<{ readonly micros: number }> | undefined {
    return this.transport.move?.(connection, this.addressOf(number));
  }

  /** The local address of client `number`; undefined: the kernel chooses. */
  addressOf(number: number): string | undefined {
    return this.localAddresses[number % Math.max(1, this.localAddresses.length)];
  }

  async dial(name: ClientName): Promise<Connection> {
    const { number } = name;
    const { target, dialTimeoutMicros } = this.plan;
    const { host, port } = target.hosts[number % target.hosts.length] as { host: string; port: number };
    const early = target.resumption === 'early-data' ? { earlyData: true } : {};
    const quic = { ...target.quic, ...early, ...(target.datagrams ? { datagrams: true } : {}) };
    const options: DialOptions = {
      host,
      port,
      timeoutMs: dialTimeoutMicros / 1000,
      addresses: this.addresses,
      ...(target.resumption === 'none' || this.psks !== undefined
        ? {}
        : { tickets: { store: this.tickets, key: this.ticketKey(name) } }),
      tls: this.tlsOf(name),
      ws: target.ws,
      localAddress: this.addressOf(number),
      congestionControl: target.congestionControl,
      quic,
    };
    return this.transport.dial(options);
  }

  private tlsOf(name: ClientName): ClientTls {
    const { row } = name;
    if (this.psks !== undefined) return { ...this.tls, psk: this.psks.of(name) };
    return row?.cert === undefined ? this.tls : { ...this.tls, cert: row.cert, key: row.key };
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

/** Short and the same in every process and run. */
function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
