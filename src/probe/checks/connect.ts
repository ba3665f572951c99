import { inThousands } from '../../base/units.js';
import { encodeConnect } from '../../mqtt/codec/control-packets.js';
import type { MqttVersion } from '../../mqtt/codec/packet-types.js';
import { transportFor } from '../../transport/registry.js';
import { check, connectOptions, type Finding, open, type ProbeTarget, question, ticketsOf } from '../check.js';

/** Whether a transport answers with a CONNACK at all. */
export const checkTransport = (target: ProbeTarget): Promise<Finding> =>
  check(target, `transport ${target.transport}`, async () => {
    const began = performance.now();
    const client = await open(target);
    const took = performance.now() - began;
    const { handshake } = client.connection.stats();
    const unchecked = target.dial.tls?.verify === false ? ', certificate not checked' : '';
    return `CONNACK after ${took.toFixed(1)} ms${handshake === 'none' ? '' : `, ${handshake} handshake${unchecked}`}`;
  });

export function checkVersion(target: ProbeTarget, version: MqttVersion): Promise<Finding> {
  const names = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const;
  return check(target, names[version], async () => {
    const { connack } = await open({ ...target, version });
    if (version !== 5 || !connack) return undefined;
    const { receiveMaximum, topicAliasMaximum } = connack;
    return `receive maximum ${inThousands(receiveMaximum)}, topic alias maximum ${inThousands(topicAliasMaximum)}`;
  });
}

const asked = { keepaliveSeconds: 3600 };

/** MQTT 5 lets a broker answer with a keep-alive of its own (3.2.2.3.14); earlier ones only have the client's. */
export const checkKeepalive = question(
  'keep-alive of an hour',
  async (target) => {
    const { connack } = await open({ ...target, version: 5 }, asked);
    const { serverKeepalive } = connack ?? {};
    if (serverKeepalive !== undefined && serverKeepalive < asked.keepaliveSeconds)
      throw new Error(`the broker wants a packet every ${inThousands(serverKeepalive)} s`);
    return undefined;
  },
  { no: 'sleepy clients have to send pings that often, whatever they ask for' },
);

/** MQTT 5, 3.2.2.3.6: what is larger ends the connection. */
export const checkMaximumPacket = question(
  'packets of any size (MQTT 5)',
  async (target) => {
    const { connack } = await open({ ...target, version: 5 });
    if (connack?.maximumPacketSize !== undefined)
      throw new Error(`the broker takes packets of at most ${inThousands(connack.maximumPacketSize)} B`);
    return undefined;
  },
  { no: 'a client that sends more loses its connection' },
);

/** MQTT 5, 3.2.2.3.3. */
export const checkReceiveMaximum = question(
  '100 messages in flight (MQTT 5)',
  async (target) => {
    const { connack } = await open({ ...target, version: 5 });
    const { receiveMaximum = 65_535 } = connack ?? {};
    if (receiveMaximum < 100) throw new Error(`receive maximum ${receiveMaximum}`);
    return `receive maximum ${inThousands(receiveMaximum)}`;
  },
  { no: 'a client’s rate of QoS 1 and 2 is at most that many in each round trip' },
);

/** Whether a second connection may use what the first one left. */
export const checkTickets = question(
  'session tickets',
  async (target) => {
    const tickets = await ticketsOf(target);
    if (tickets.store.size === 0) throw new Error('the server gave none');
    const second = await open(target, {}, { tickets });
    const { handshake } = second.connection.stats();
    if (handshake === 'full') throw new Error('the server gave one, and did not take it');
    return undefined;
  },
  { yes: 'clients that come back cost the broker less', no: 'each return costs a whole handshake' },
);

/** A CONNECT that no broker can read must be refused, not crash it. */
export const checkGarbage = question('survives a malformed CONNECT', async (target) => {
  const connection = await transportFor(target.transport).dial({ ...target.dial, signal: target.signal });
  connection.duplex.on('error', () => {});
  const bytes = encodeConnect(connectOptions(target, {}));
  bytes.writeUInt16BE(0xffff, 2); // the protocol name claims 65,535 bytes
  connection.duplex.write(bytes);
  await new Promise((resolve) => setTimeout(resolve, 200));
  connection.abort();
  await open(target);
  return undefined;
});
