import type { ProcessUse } from '../metrics/resources.js';
import type { Address, EarlyDataPolicy, TlsVersion, TransportName } from '../transport/contract.js';
import type { QuicSettings } from '../transport/quic/settings.js';
import type { PressureLimits } from './delivery/back-pressure.js';
import type { BrokerLimits } from './limits.js';

/** What a reference broker is started with; also the first message to its process. */
export interface BrokerOptions {
  /** Address to listen on. Default 127.0.0.1; anything else must be asked for. */
  readonly host?: string;
  /** A transport that is absent is off. Port 0 takes a free one. */
  readonly listeners: Partial<Record<TransportName, { readonly port: number }>>;
  /** PEM. Undefined: a throw-away CA and leaf are made at start. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Pre-shared keys, hexadecimal, by identity: what clients of tls and wss prove, instead of a certificate of the broker. */
  readonly psks?: Readonly<Record<string, string>>;
  /** Names and addresses for the throw-away leaf, beside localhost, 127.0.0.1, ::1 and host. */
  readonly names?: readonly string[];
  readonly tlsVersion?: TlsVersion;
  /** 48 bytes as hex; brokers that share it accept each other's tickets. */
  readonly ticketKeyHex?: string;
  readonly congestionControl?: string;
  readonly quic?: Partial<QuicSettings>;
  /** What becomes of MQTT packets in 0-RTT data. Default `hold`. */
  readonly earlyData?: EarlyDataPolicy;
  readonly limits?: Partial<BrokerLimits>;
  /** When the broker stops reading from publishers. */
  readonly pressure?: Partial<PressureLimits>;
  /** Whether plain messages go past aedes (intake/fast-lane.ts). Default yes; no is for tests that compare both ways. */
  readonly fastLane?: boolean;
  /** Secrets of TLS and QUIC are appended to this file (NSS key log format). */
  readonly keyLogFile?: string;
}

export interface BrokerReady {
  readonly addresses: Partial<Record<TransportName, Address>>;
  /** What clients must trust, PEM; empty where no listener is encrypted. */
  readonly ca: string;
}

export interface BrokerStats extends ProcessUse {
  readonly connections: Partial<Record<TransportName, number>>;
  readonly publishesReceived: number;
  readonly publishesDelivered: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Event-loop delay since the last call, microseconds. */
  readonly loopDelayP99Micros: number;
  /** Deliveries that subscribers' sockets have not taken: now, and the most at once since the last call. */
  readonly pendingDeliveries: number;
  readonly peakPendingDeliveries: number;
  /** Publishers that are not read from because their subscribers are slow, now. */
  readonly publishersHeld: number;
  /** Of all listeners, prefixed by transport: `quic.datagramsReceived`. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Where the broker sees a client. */
export interface BrokerPeer {
  readonly clientId: string;
  readonly transport: TransportName;
  readonly address: Address;
}
