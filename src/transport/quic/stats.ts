import type { HandshakeKind, TransportStats } from '../contract.js';
import type { EarlyData } from './host.js';
import type { Quiche } from './native.js';

/** Statistics of one QUIC connection. */
export interface QuicStats extends TransportStats {
  readonly earlyData: EarlyData;
}

/** Reads the binding's statistics; about 8 µs, so not for every packet. */
export function readStats(
  quiche: Quiche,
  own: { pathChanges: number; handshake: HandshakeKind; earlyData: EarlyData },
): QuicStats {
  const all = quiche.stats();
  const path = quiche.pathStats().find((candidate) => candidate.active);
  return {
    bytesSent: all.sentBytes,
    bytesReceived: all.recvBytes,
    packetsSent: all.sent,
    packetsReceived: all.recv,
    packetsLost: all.lost,
    packetsRetransmitted: all.retrans,
    rttMicros: path ? path.rtt * 1000 : undefined,
    congestionWindow: path?.cwnd,
    ...own,
  };
}
