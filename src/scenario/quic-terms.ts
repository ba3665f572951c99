import { clientDefaults, type QuicSettings } from '../transport/quic/settings.js';
import type { PlannedCell, ResolvedScenario } from './types.js';

/** IPv4 and UDP headers, bytes: what a datagram's payload leaves of the MTU. */
export const headerBytes = 28;
/** What RFC 9000 (14.1) allows at least, and what our endpoint takes at most. */
const [leastPayload, mostPayload] = [1200, 16_384];

/**
 * What both ends of a cell's QUIC connections are told so that they run on the terms of the other transports.
 * - MQTT's keepalive is the only one: QUIC's own PING would be packets that TCP does not send. The idle timeout is longer
 *   than the 1.5 keepalives after which the broker gives a silent client up, so that QUIC never ends what TCP would keep.
 * - Datagrams are as large as the link's MTU allows, as TCP's segments are. Without a lab the default stays.
 * - What the arm itself sets wins.
 */
export function quicTerms(
  { arm, load, network }: Pick<PlannedCell, 'arm' | 'load' | 'network'>,
  lab: ResolvedScenario['lab'],
): Partial<QuicSettings> {
  const keepaliveMs = load.keepaliveSeconds * 1000;
  return {
    keepAliveMs: 0,
    // A client without keepalive may be silent for ever, over TCP too.
    idleTimeoutMs: keepaliveMs === 0 ? 0 : Math.max(clientDefaults.idleTimeoutMs, 2 * keepaliveMs),
    maxUdpPayload: lab ? payloadOf(network.profile.mtu ?? 1500) : clientDefaults.maxUdpPayload,
    ...arm.quic,
  };
}

const payloadOf = (mtu: number): number => Math.min(Math.max(mtu - headerBytes, leastPayload), mostPayload);
