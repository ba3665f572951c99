import type { Client } from 'aedes';
import type { Connection } from '../transport/contract.js';

/** What a broker lets strangers use; each has a safe default. */
export interface BrokerLimits {
  /** Living connections of all listeners together; further ones are aborted. Default 100,000. */
  readonly connections: number;
  /** TLS and WebSocket handshakes under way at once, per listener. Default 20,000. */
  readonly handshakes: number;
  /** Largest packet before CONNACK, which can only be CONNECT, in bytes. Default 65,536. */
  readonly connectBytes: number;
  /** Largest packet after it, in bytes. Default 16 MiB; MQTT's own limit is 256 MB. */
  readonly packetBytes: number;
}

export const defaultLimits: BrokerLimits = {
  connections: 100_000,
  handshakes: 20_000,
  connectBytes: 64 * 1024,
  packetBytes: 16 * 1024 * 1024,
};

/** What aedes keeps of a packet that has not arrived whole (mqtt-packet's parser); none of it is in its types. */
interface Parsing {
  readonly _parser?: { readonly packet?: { readonly length?: number }; readonly _list?: { readonly length: number } };
}

/**
 * Whether a client is sending a packet larger than it may. aedes would collect
 * up to 256 MB of it, and nothing else bounds half a packet.
 */
export function sendsTooMuch(client: Client, limits: BrokerLimits): boolean {
  const { packet, _list: collected } = (client as unknown as Parsing)._parser ?? {};
  const bytes = Math.max(packet?.length ?? 0, collected?.length ?? 0);
  return bytes > (client.connected ? limits.packetBytes : limits.connectBytes);
}

/** Cuts off those who send too much; to be called now and then. @returns how many */
export function enforce(members: Iterable<[Client, Connection]>, limits: BrokerLimits): number {
  let cut = 0;
  for (const [client, connection] of members) {
    if (!sendsTooMuch(client, limits)) continue;
    connection.abort();
    cut++;
  }
  return cut;
}
