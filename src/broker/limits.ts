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
  /** Messages of QoS 2 that an MQTT 5 client may have under way at once, 1 to 65,535; those of QoS 1 are acknowledged as they are read. */
  receiveMaximum: 65_535,
  /** Topic aliases that an MQTT 5 client may give on a connection, 0 to 65,535; each keeps a topic in memory. */
  topicAliases: 256,
  /** Longest keepalive of an MQTT 5 client, seconds: it gets this one instead of a longer one, or of none. 0: any, and none. */
  keepaliveSeconds: 0,
  /** Messages kept for a session that is away; further ones are dropped for it. */
  queuedMessages: 10_000,
  /** Messages kept for all sessions together, bytes, as if no two shared a payload. */
  queuedBytes: 256 * 1024 * 1024,
};

export type BrokerLimits = Readonly<typeof defaultLimits>;
