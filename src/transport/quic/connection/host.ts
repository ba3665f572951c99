import type { TimerWheel } from '../endpoint/scheduler.js';
import type { Native } from '../native.js';
import type { UdpIo } from '../udp/io.js';
import type { QuicConnection } from './connection.js';

/** What a connection asks of the endpoint that owns its socket. */
export interface ConnectionHost {
  readonly native: Native;
  readonly wheel: TimerWheel;
  readonly io: UdpIo;
  /** Asks for pump() and flush() before this turn of the event loop ends. */
  wake(connection: QuicConnection): void;
  /** The handshake is over: the client's first connection id is not needed any more. */
  established(connection: QuicConnection): void;
  /** Gives the peer as many further connection ids as it takes, so that it can move (RFC 9000 5.1.1). */
  spareIds(connection: QuicConnection): void;
  /** Nothing more will be sent or received. */
  gone(connection: QuicConnection): void;
}

/** Where 0-RTT stands: never tried, sent or received but not yet certain, and how it ended. */
export type EarlyData = 'none' | 'pending' | 'accepted' | 'rejected';

export interface ConnectionHooks {
  /** MQTT bytes may flow. Called once, and never after ended(). */
  ready(connection: QuicConnection): void;
  /** The connection is over: before ready() the handshake failed. Called once. */
  ended(connection: QuicConnection): void;
}
