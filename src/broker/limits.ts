/** What a broker lets strangers use. */
export const defaultLimits = {
  /** Living connections of all listeners together; further ones are aborted. */
  connections: 100_000,
  /** TLS and WebSocket handshakes under way at once, per listener. */
  handshakes: 20_000,
  /** Largest first packet, which can only be CONNECT, in bytes with its header. */
  connectBytes: 64 * 1024,
  /** Largest packet after it, in bytes with its header; MQTT's own limit is 256 MB. */
  packetBytes: 16 * 1024 * 1024,
  /** A connection without a finished TLS or WebSocket handshake, then one without CONNECT, is closed after this, ms. */
  connectMs: 15_000,
  /** Messages kept for a session that is away; further ones are dropped for it. */
  queuedMessages: 10_000,
  /** Messages kept for all sessions together, bytes, as if no two shared a payload. */
  queuedBytes: 256 * 1024 * 1024,
};

export type BrokerLimits = Readonly<typeof defaultLimits>;
