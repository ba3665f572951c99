import type { MetricName } from '../metrics/registry.js';
import type { NamedFleet } from '../plan/fleets.js';
import { type FleetPlan, isMixed } from '../plan/plan.js';
import type { ResolvedArm } from './types.js';

/**
 * Round trips until MQTT bytes may flow, from the moment the first packet leaves.
 * - TCP: SYN, SYN-ACK; the first data goes with the ACK: 1 (RFC 9293, section 3.5).
 * - TLS 1.3 adds 1 (RFC 8446, section 2), also when resumed by ticket: a PSK shortens the
 *   flight, not the number of flights, and Node offers no early data for TLS over TCP.
 * - TLS 1.2 adds 2, resumed by ticket 1 (RFC 5246, section 7.3; RFC 5077, section 3.1).
 * - WebSocket adds 1 for the HTTP upgrade (RFC 6455, section 1.3).
 * - QUIC: transport and TLS 1.3 in one: 1 (RFC 9001, section 4); with early data 0 (section 4.6).
 */
function untilReady(arm: ResolvedArm, resumed: boolean): number {
  const ws = arm.transport === 'ws' || arm.transport === 'wss' ? 1 : 0;
  switch (arm.transport) {
    case 'quic':
      return resumed && arm.resumption === 'early-data' ? (isTaken(arm) ? 0 : 1) : 1;
    case 'tls':
    case 'wss':
      return 1 + ws + (arm.tlsVersion === '1.2' && !(resumed && arm.resumption !== 'none') ? 2 : 1);
    default:
      return 1 + ws;
  }
}

/** A plain CONNECT does no harm when it is replayed, so also a broker that holds early data answers it at once. */
const isTaken = ({ earlyData }: ResolvedArm): boolean => earlyData !== 'reject';

/**
 * What physics allows at best, in round trips, for each stage of a connect that
 * is not held up by anything. CONNECT/CONNACK is one more [MQTT-3.2.0-1], and
 * each SUBSCRIBE/SUBACK one more, as clients subscribe once they are accepted.
 */
export function theoryRoundTrips(
  arm: ResolvedArm,
  load: FleetPlan,
  fleets: readonly NamedFleet[] = [],
): Partial<Record<MetricName, number>> {
  const ready = untilReady(arm, false);
  const again = untilReady(arm, true);
  return {
    'connect.transport': ready,
    'connect.connack': ready + 1,
    ...(load.subscribe ? { 'connect.suback': ready + 2 } : {}),
    ...(load.reconnect ? { 'reconnect.retry': again + 1 } : {}),
    ...(load.publish && load.publish.qos > 0 && isOneLevel(load, fleets) ? { 'publish.ack': load.publish.qos } : {}),
  };
}

/** Whether everything that is acknowledged takes as many round trips: else what all fleets have together has no such number. */
function isOneLevel(load: FleetPlan, fleets: readonly NamedFleet[]): boolean {
  const loads = fleets.length === 0 ? [load] : fleets.map((fleet) => fleet.load);
  const levels = loads.flatMap(({ publish }) => (publish && publish.qos > 0 ? [publish.qos] : []));
  return new Set(levels).size < 2 && !loads.some(isMixed);
}
