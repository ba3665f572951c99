/** What an endpoint counts; the names appear in results. */
export interface EndpointCounters {
  connectionsAccepted: number;
  connectionsClosed: number;
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
  /** New clients turned away because of maxConnections or maxHandshakes. */
  connectionsRefused: number;
}

export function noCounts(): EndpointCounters {
  return {
    connectionsAccepted: 0,
    connectionsClosed: 0,
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
    connectionsRefused: 0,
  };
}
