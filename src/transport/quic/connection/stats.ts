import type { HandshakeKind, TransportStats } from '../../contract.js';
import type { Quiche } from '../native.js';
import type { EarlyData } from './host.js';

/** Statistics of one QUIC connection. */
export interface QuicStats extends TransportStats {
  readonly earlyData: EarlyData;
}

/** What they are read from. */
interface Source {
  readonly quiche: Quiche;
  /** Whole datagrams, counted by us: quiche 0.18 leaves about 1 KB of a handshake out. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly path: { readonly moves: number };
  readonly handshake: HandshakeKind;
  readonly earlyData: EarlyData;
}

/** Reads the binding's statistics; about 8 µs, so not for every packet. */
export function readStats({ quiche, path, bytesSent, bytesReceived, handshake, earlyData }: Source): QuicStats {
  const all = quiche.stats();
  const active = quiche.pathStats().find((candidate) => candidate.active);
  return {
    bytesSent,
    bytesReceived,
    packetsSent: all.sent,
    packetsReceived: all.recv,
    packetsLost: all.lost,
    packetsRetransmitted: all.retrans,
    rttMicros: active ? active.rtt * 1000 : undefined,
    congestionWindow: active?.cwnd,
    pathChanges: path.moves,
    handshake,
    earlyData,
  };
}
