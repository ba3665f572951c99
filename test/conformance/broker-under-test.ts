import { Broker } from '../../src/broker/broker.js';
import type { Connection, DialOptions, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { Mosquitto } from '../broker/mosquitto.js';

/** A broker that the statements are tried on. */
export interface BrokerUnderTest {
  dial(transport: TransportName): Promise<Connection>;
  close(): Promise<void>;
}

/**
 * Which broker that is: unset, the included one; `mosquitto`, one that is started for the tests; else the URL of one that
 * runs already, `mqtt://host:1883`.
 */
const asked = process.env.MQBENCH_CONFORMANCE_BROKER ?? '';
export const isIncluded = asked === '';
/** The transports by which the statements reach it, and those that only some of them need. */
export const transports: readonly TransportName[] = isIncluded ? ['tcp', 'quic'] : ['tcp'];
export const hasWebSocket = isIncluded || asked === 'mosquitto';

export async function startBrokerUnderTest(): Promise<BrokerUnderTest> {
  if (isIncluded) return startIncluded();
  if (asked === 'mosquitto') return startMosquitto();
  const { hostname: host, port, protocol } = new URL(asked);
  if (protocol !== 'mqtt:')
    throw new Error(`MQBENCH_CONFORMANCE_BROKER is mosquitto or a URL like mqtt://host:1883, not ${asked}`);
  return { dial: dialler(() => ({ host, port: Number(port || 1883) })), close: async () => {} };
}

async function startIncluded(): Promise<BrokerUnderTest> {
  const any = { port: 0 };
  // Less than there are packet ids, so that a client can exceed it.
  const limits = { receiveMaximum: 20 };
  const broker = await Broker.start({ listeners: { tcp: any, quic: any, ws: any }, limits });
  const { addresses, ca } = broker.ready;
  const to = (name: TransportName): DialOptions => ({ ...(addresses[name] as DialOptions), tls: { ca } });
  return { dial: dialler(to), close: () => broker.close() };
}

async function startMosquitto(): Promise<BrokerUnderTest> {
  const mosquitto = await Mosquitto.start(
    // Else it sends one copy with the QoS of the first subscription that it finds, against [MQTT-3.3.5-1].
    'allow_duplicate_messages true\n',
  );
  const to = (name: TransportName): DialOptions => ({ host: '127.0.0.1', port: mosquitto.ports[name as 'tcp' | 'ws'] });
  return { dial: dialler(to), close: () => mosquitto.end() };
}

const dialler =
  (to: (transport: TransportName) => DialOptions) =>
  (name: TransportName): Promise<Connection> =>
    transportFor(name).dial(to(name));
