import type { Duplex } from 'node:stream';
import type { AddressBook } from './address-book.js';
import type { Datagrams } from './quic/connection/datagrams.js';
import type { QuicSettings } from './quic/settings.js';
import type { Take } from './sockets/node-reads.js';

/** The transports there are, in the order in which tables show them. */
export const transportNames = ['tcp', 'tls', 'ws', 'wss', 'quic'] as const;
export type TransportName = (typeof transportNames)[number];

/** Whether there is TLS in it. */
export const isEncrypted = (name: TransportName): boolean => name === 'tls' || name === 'wss' || name === 'quic';

/** Whether one of the listeners shows a certificate. */
export const hasEncrypted = (listeners: Partial<Record<TransportName, unknown>>): boolean =>
  transportNames.some((name) => listeners[name] !== undefined && isEncrypted(name));

/** One of them is asked for, never a range: a benchmark of 1.3 must not quietly fall back. */
export const tlsVersions = ['1.2', '1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/**
 * What becomes of MQTT packets that came in 0-RTT data, which an attacker who copied the datagrams may send again (RFC 9001,
 * 9.2):
 * - `accept`: treated as any other packet
 * - `hold`: what a replay could do harm with waits until the handshake is confirmed: taking over a living session, wiping a
 *   stored one, setting a will, publishing. A plain CONNECT is answered at once
 * - `reject`: the listener takes no early data; clients send it again after the handshake
 */
export const earlyDataPolicies = ['accept', 'hold', 'reject'] as const;
export type EarlyDataPolicy = (typeof earlyDataPolicies)[number];

/** An IP address and port as a socket sees it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How a connection's keys came to be. */
export type HandshakeKind = 'none' | 'full' | 'resumed' | 'early-data';

/**
 * When the stages of a dial were reached: monotonic microseconds
 * ({@link ../base/clock.ts}), NaN for a stage this transport does not have.
 */
export interface DialTimings {
  /** dial() was called. */
  readonly started: number;
  /** TCP: the three-way handshake is done. QUIC: the first datagram left. */
  readonly socket: number;
  /** MQTT bytes may flow: TCP connected, TLS handshake done, WebSocket open, QUIC handshake confirmed (or early data usable). */
  readonly ready: number;
}

/** What a connection knows of itself; a field is undefined where the transport cannot tell. */
export interface TransportStats {
  /** What the socket was given: TCP and TLS stream bytes (TLS before encryption), QUIC UDP payload. */
  bytesSent: number;
  bytesReceived: number;
  /** Smoothed round trip in microseconds. */
  rttMicros?: number;
  /** Congestion window in bytes. */
  congestionWindow?: number;
  packetsSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  packetsRetransmitted?: number;
  /** Times the peer's address changed under the living connection. */
  pathChanges?: number;
  handshake: HandshakeKind;
}

/** Datagrams of one connection: neither ordered nor sent again. */
export type ConnectionDatagrams = Pick<Datagrams, 'most' | 'sent' | 'dropped' | 'received' | 'send' | 'onMessage'>;

/**
 * One MQTT-ready connection, whichever transport carries it. The core hardly
 * ever asks for the transport's name.
 */
export interface Connection {
  readonly transport: TransportName;
  /** MQTT bytes both ways. Emits 'close' exactly once, after 'error' if there was one. */
  readonly duplex: Duplex;
  readonly timings: DialTimings;
  readonly localAddress: Address;
  /** Where the peer is now; changes when it migrates. */
  readonly peerAddress: Address;
  /** As in {@link stats}, without its cost. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly handshake: HandshakeKind;
  /** Costs up to 8 µs: not for every message, nor for a whole fleet while it is measured. */
  stats(): TransportStats;
  /** Offers `take` what comes before {@link duplex} has it; undefined where the duplex does not read a socket. */
  readDirectly?(take: Take): void;
  /**
   * Writes at once what {@link duplex} would have written; only after {@link readDirectly}.
   * @param bytes belong to the caller again when this returns
   * @param length so many of them, from the first
   * @returns false when they have to go through the duplex
   */
  writeDirectly?(bytes: Buffer, length: number): boolean;
  /** Opens further streams for MQTT packets; undefined where there is one only. */
  readonly streams?: {
    /**
     * @param priority 0–65535, higher is more important (emqtt-bench's meaning); default 32767
     * @throws MqbenchError MQB_QUIC_STREAMS when the peer grants no more
     */
    open(priority?: number): Duplex;
  };
  /** QUIC datagrams (RFC 9221); undefined where there are none or they are not asked for. */
  readonly datagrams?: ConnectionDatagrams | undefined;
  /** False while what arrives may be replayed 0-RTT data (RFC 8446 section 8); undefined where there is none. */
  readonly confirmed?: boolean;
  /** Finish: what was written is delivered, then the transport's own good-bye. Idempotent; resolves when closed. */
  close(): Promise<void>;
  /** Abort now (TCP RST where possible, QUIC CONNECTION_CLOSE); nothing more is delivered. Idempotent. */
  abort(error?: Error): void;
}

/** TLS settings of a client; QUIC uses the same ones. */
export interface ClientTls {
  /** Trust anchors, PEM. Undefined: the system's. */
  readonly ca?: string;
  /** Client certificate and key, PEM, for mutual TLS. */
  readonly cert?: string;
  readonly key?: string;
  /** Verify the server's certificate and name. Default true. */
  readonly verify?: boolean;
  /** A pre-shared key, in hexadecimal, instead of certificates: the server must know it (TLS over TCP only). */
  readonly psk?: { readonly identity: string; readonly key: string };
  /** SNI and the name verified. Default: the host; an IP address is verified against the certificate's IP SANs. */
  readonly serverName?: string;
  /** Default 1.3. QUIC is always 1.3 (RFC 9001). */
  readonly version?: TlsVersion;
  /** OpenSSL cipher list / suites (TLS over TCP only). */
  readonly ciphers?: string;
  /** OpenSSL names of signature algorithms and of key exchange groups, in order of preference (TLS over TCP only). */
  readonly signatureAlgorithms?: readonly string[];
  readonly groups?: readonly string[];
  /** Default: `mqtt` on QUIC, none on TLS. */
  readonly alpn?: readonly string[];
  /** Secrets are appended to this file in the NSS key log format, which Wireshark reads (what SSLKEYLOGFILE names elsewhere). */
  readonly keyLogFile?: string;
}

/** How a client resumes earlier sessions; one store may serve all clients of a process. */
export interface TicketStore {
  /** The newest usable ticket for this key, or undefined. */
  get(key: string): Uint8Array | undefined;
  set(key: string, ticket: Uint8Array): void;
  delete(key: string): void;
}

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Source address, which also chooses the family; undefined lets the kernel choose. */
  readonly localAddress?: string;
  /** What is known of names; default one book for all dials of the process. */
  readonly addresses?: AddressBook;
  /** The dial fails with MQB_DIAL_TIMEOUT after this many milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly tls?: ClientTls;
  /** Session tickets: where they are kept, and under which key (usually the client id). */
  readonly tickets?: { readonly store: TicketStore; readonly key: string };
  /** WebSocket only. Default path `/mqtt`. */
  readonly ws?: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> };
  /** TCP congestion control asked for by the socket (Linux TCP_CONGESTION); undefined keeps the kernel's. */
  readonly congestionControl?: string;
  readonly quic?: Partial<QuicSettings>;
}

/** TLS settings of a server. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Ask for and verify client certificates against this CA. */
  readonly clientCa?: string;
  /** Pre-shared keys, hexadecimal, by identity: clients prove one instead of looking at a certificate (TLS over TCP only). */
  readonly psks?: Readonly<Record<string, string>>;
  readonly version?: TlsVersion;
  readonly alpn?: readonly string[];
  /** 48 bytes; shared by all broker processes that shall accept each other's tickets. */
  readonly ticketKey?: Uint8Array;
  /** As for clients. */
  readonly keyLogFile?: string;
}

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly tls?: ServerTls;
  readonly ws?: { readonly path?: string };
  readonly congestionControl?: string;
  /** TLS and WebSocket handshakes under way at once; further connections are closed. Default 20,000. */
  readonly maxHandshakes?: number;
  /** A TLS or WebSocket handshake that takes longer is cut, ms, whatever the peer sends meanwhile. Default 15,000. */
  readonly handshakeTimeoutMs?: number;
  readonly quic?: Partial<QuicSettings>;
  /** TLS: the end of what a client sends is not the end of what it gets. MQTT has no use for that. Default false. */
  readonly halfOpen?: boolean;
}

export interface Listener {
  readonly transport: TransportName;
  readonly address: Address;
  /** Living connections. */
  readonly connections: number;
  /** Counters of this listener, names as in docs (e.g. `datagramsReceived`, `datagramsUnknown`, `handshakesFailed`). */
  counters(): Readonly<Record<string, number>>;
  /** Encrypts tickets with another key from now on; those of the old one no longer resume. Absent: has no tickets. */
  setTicketKey?(key: Uint8Array): void;
  /** Stops accepting, closes what lives, resolves when all is gone. Idempotent. */
  close(): Promise<void>;
}

/**
 * A transport: dial and listen. Implementations live in one file each and pass
 * the one behaviour suite in test/contract.
 */
export interface Transport {
  readonly name: TransportName;
  /**
   * Resolves when MQTT bytes may flow.
   * @throws MqbenchError MQB_REFUSED, MQB_UNREACHABLE, MQB_DIAL_TIMEOUT, MQB_CERTIFICATE, MQB_ALPN, MQB_ABORTED,
   *   each naming the URL tried and the remedy
   */
  dial(options: DialOptions): Promise<Connection>;
  /** @throws MqbenchError MQB_PORT_IN_USE, MQB_LISTEN */
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener>;
  /**
   * Moves a dialled connection to another local address or port, after the new path has proved itself (QUIC: RFC 9000
   * section 9). Absent where a connection cannot move.
   * @returns how long that took, microseconds; on failure the connection stays where it was
   */
  move?(connection: Connection, localAddress?: string): Promise<{ readonly micros: number }>;
  /** Releases shared sockets of dialled connections; called once when the process is done dialling. */
  close(): Promise<void>;
}
