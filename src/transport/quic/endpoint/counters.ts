/** What an endpoint counts; the names appear in results. */
export interface EndpointCounters {
  connectionsAccepted: number;
  connectionsClosed: number;
  /** Of those closed: nothing came for the idle timeout, or a handshake had no answer. */
  closedIdle: number;
  /** The peer said CONNECTION_CLOSE. */
  closedByPeer: number;
  /** We did: the application was done, a deadline of ours passed, or TLS failed. */
  closedHere: number;
  /** We did, because the peer broke the protocol. */
  closedForViolation: number;
  /** The peer did not know the connection any more (stateless reset). */
  closedByReset: number;
  handshakesFailed: number;
  /** Handshakes that were done, by kind. */
  handshakesFull: number;
  handshakesResumed: number;
  /** Resumed, and data came (or went) before the handshake was over. */
  handshakesEarlyData: number;
  /** Early data that the other side did not take; quiche sends it again by itself. */
  earlyDataRejected: number;
  /** For a connection id that nobody has (any more). */
  datagramsUnknown: number;
  /** Cut short, or a client's Initial below 1200 bytes. */
  datagramsMalformed: number;
  /** Quiche refused them: wrong keys, broken frames. */
  datagramsRefused: number;
  versionsNegotiated: number;
  retriesSent: number;
  /** Initials with a token that is forged, too old, or another client's. */
  tokensRefused: number;
  /** Stateless resets in answer to datagrams for connections that nobody has. */
  resetsSent: number;
  /** Clients told at once, without a connection, why there is none: no common application protocol, a Retry's token that does not hold. */
  handshakesRefused: number;
  /** New clients turned away because of too many connections or handshakes. */
  connectionsRefused: number;
}

/** The counters that connectionsClosed is the sum of. */
export type EndKind = 'closedIdle' | 'closedByPeer' | 'closedHere' | 'closedForViolation' | 'closedByReset';

export function noCounts(): EndpointCounters {
  return {
    connectionsAccepted: 0,
    connectionsClosed: 0,
    closedIdle: 0,
    closedByPeer: 0,
    closedHere: 0,
    closedForViolation: 0,
    closedByReset: 0,
    handshakesFailed: 0,
    handshakesFull: 0,
    handshakesResumed: 0,
    handshakesEarlyData: 0,
    earlyDataRejected: 0,
    datagramsUnknown: 0,
    datagramsMalformed: 0,
    datagramsRefused: 0,
    versionsNegotiated: 0,
    retriesSent: 0,
    tokensRefused: 0,
    resetsSent: 0,
    handshakesRefused: 0,
    connectionsRefused: 0,
  };
}
