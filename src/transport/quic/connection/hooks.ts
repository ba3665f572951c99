import type { QuicConnection } from './connection.js';

/** What whoever made a connection hears of it. */
export interface ConnectionHooks {
  /** MQTT bytes may flow. Called once, and never after ended(). */
  ready(connection: QuicConnection): void;
  /** The connection is over: before ready() the handshake failed. Called once. */
  ended(connection: QuicConnection): void;
}
