/** What an endpoint counts; the names appear in results. */
export const noCounts = () => ({
  connectionsAccepted: 0,
  connectionsClosed: 0,
  /** Of those closed: nothing came for the idle timeout, or a handshake had no answer. */
  closedIdle: 0,
  /** The peer said CONNECTION_CLOSE. */
  closedByPeer: 0,
  /** We did: the application was done, a deadline of ours passed, or TLS failed. */
  closedHere: 0,
  /** We did, because the peer broke the protocol. */
  closedForViolation: 0,
  /** The peer did not know the connection any more (stateless reset). */
  closedByReset: 0,
  handshakesFailed: 0,
  /** Handshakes that were done, by kind. */
  handshakesFull: 0,
  handshakesResumed: 0,
  /** Resumed, and data came (or went) before the handshake was over. */
  handshakesEarlyData: 0,
  /** Early data that the other side did not take; quiche sends it again by itself. */
  earlyDataRejected: 0,
  /** For a connection id that nobody has (any more). */
  datagramsUnknown: 0,
  /** Cut short, or a client's Initial below 1200 bytes. */
  datagramsMalformed: 0,
  /** Quiche refused them: wrong keys, broken frames. */
  datagramsRefused: 0,
  versionsNegotiated: 0,
  retriesSent: 0,
  /** Initials with a token that is forged, too old, or another client's. */
  tokensRefused: 0,
  /** Stateless resets in answer to datagrams for connections that nobody has. */
  resetsSent: 0,
  /** Clients told at once, without a connection, why there is none: no common application protocol, a Retry's token that does not hold. */
  handshakesRefused: 0,
  /** New clients turned away because of too many connections or handshakes. */
  connectionsRefused: 0,
});

/** The counters that connectionsClosed is the sum of. */
export type EndKind = Extract<keyof ReturnType<typeof noCounts>, `closed${string}`>;
