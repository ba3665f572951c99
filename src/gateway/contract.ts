import type { Address, ServerTls, TransportName } from '../transport/contract.js';
import type { QuicSettings } from '../transport/quic/settings.js';

/** What a gateway is started with; also the first message to its process. */
export interface GatewayOptions {
  /** Address to listen on. Default 127.0.0.1; anything else must be asked for. */
  readonly host?: string;
  /** A transport that is absent is off; one port each. Port 0 takes a free one. */
  readonly listeners: Partial<Record<Exclude<TransportName, 'tcp'>, { readonly port: number; readonly host?: string }>>;
  /** Where MQTT over TCP is spoken. */
  readonly to: Address;
  /** Certificate and key, PEM. */
  readonly tls: Pick<ServerTls, 'cert' | 'key' | 'version'>;
  readonly congestionControl?: string;
  readonly quic?: Partial<QuicSettings>;
  /** Tells the broker where each client really is, before its first byte. */
  readonly proxyProtocol?: 'v2';
}

export interface GatewayReady {
  readonly addresses: Partial<Record<TransportName, Address>>;
}

/** Since the start, and now. */
export interface GatewayCounters {
  /** Clients that are there. */
  readonly clients: number;
  readonly clientsTotal: number;
  /** Clients let go because the broker could not be reached. */
  readonly brokerUnreachable: number;
  /** Connections to the broker that ended before their client did. */
  readonly brokerClosed: number;
  /** QUIC streams beside the control streams. */
  readonly dataStreams: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}
