import type { ClientTls, Connection, DialOptions, TicketStore, Transport } from '../transport/contract.js';
import { transportFor } from '../transport/registry.js';
import { formatBrokerUrl } from '../transport/url.js';
import type { LoadPlan } from './contract.js';
import type { ClientName } from './naming.js';

/** Dials for all clients of a worker with the plan's settings. */
export class Dialer {
  private readonly tickets = new MapTicketStore();
  private readonly transport: Transport;
  /** One object for all dials: the transports keep what they make of it (parsed certificates) by its identity. */
  private readonly tls: ClientTls;

  constructor(private readonly plan: LoadPlan) {
    const { target } = plan;
    this.transport = transportFor(target.transport);
    this.tls = {
      ...(target.ca === undefined ? {} : { ca: target.ca }),
      ...(target.verify === undefined ? {} : { verify: target.verify }),
      ...(target.tlsVersion === undefined ? {} : { version: target.tlsVersion }),
      ...(target.serverName === undefined ? {} : { serverName: target.serverName }),
      ...(target.cert === undefined ? {} : { cert: target.cert, key: target.key }),
      ...(target.ciphers === undefined ? {} : { ciphers: target.ciphers }),
      ...(target.alpn === undefined ? {} : { alpn: target.alpn }),
    };
  }

  /** Where client `number` dials. */
  where(number: number): string {
    const { hosts, transport } = this.plan.target;
    const target = hosts[number % hosts.length] as { host: string; port: number };
    return formatBrokerUrl(transport, target.host, target.port);
  }

  dial({ number, id, row }: ClientName): Promise<Connection> {
    const { target, localAddresses, dialTimeoutMicros } = this.plan;
    const { host, port } = target.hosts[number % target.hosts.length] as { host: string; port: number };
    const localAddress = localAddresses[number % Math.max(1, localAddresses.length)];
    const early = target.resumption === 'early-data' ? { earlyData: true } : {};
    const quic = { ...target.quic, ...early, ...(target.datagrams ? { datagrams: true } : {}) };
    const options: DialOptions = {
      host,
      port,
      timeoutMs: dialTimeoutMicros / 1000,
      ...(target.resumption === 'none' ? {} : { tickets: { store: this.tickets, key: id } }),
      tls: row?.cert === undefined ? this.tls : { ...this.tls, cert: row.cert, key: row.key },
      ...(target.ws === undefined ? {} : { ws: target.ws }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(target.congestionControl === undefined ? {} : { congestionControl: target.congestionControl }),
      quic,
    };
    return this.transport.dial(options);
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

/** Session tickets of this process; the newest of each client. */
class MapTicketStore implements TicketStore {
  private readonly tickets = new Map<string, Uint8Array>();

  get(key: string): Uint8Array | undefined {
    return this.tickets.get(key);
  }
  set(key: string, ticket: Uint8Array): void {
    this.tickets.set(key, ticket);
  }
  delete(key: string): void {
    this.tickets.delete(key);
  }
}
