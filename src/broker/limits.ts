/** What a broker lets strangers use; each has a safe default. */
export interface BrokerLimits {
  /** Living connections of all listeners together; further ones are aborted. Default 100,000. */
  readonly connections: number;
  /** TLS and WebSocket handshakes under way at once, per listener. Default 20,000. */
  readonly handshakes: number;
  /** Largest first packet, which can only be CONNECT, in bytes with its header. Default 65,536. */
  readonly connectBytes: number;
  /** Largest packet after it, in bytes with its header. Default 16 MiB; MQTT's own limit is 256 MB. */
  readonly packetBytes: number;
  /** A connection without a finished TLS or WebSocket handshake, then one without CONNECT, is closed after this, ms. Default 15,000. */
  readonly connectMs: number;
  /** Messages kept for a session that is away; further ones are dropped for it. Default 10,000. */
  readonly queuedMessages: number;
  /** Messages kept for all sessions together, bytes, as if no two shared a payload. Default 256 MiB. */
  readonly queuedBytes: number;
}

export const defaultLimits: BrokerLimits = {
  connections: 100_000,
  handshakes: 20_000,
  connectBytes: 64 * 1024,
  packetBytes: 16 * 1024 * 1024,
  connectMs: 15_000,
  queuedMessages: 10_000,
  queuedBytes: 256 * 1024 * 1024,
};
