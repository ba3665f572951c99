import { MqbenchError } from '../../base/errors.js';
import { packetTypes } from '../codec/packet-types.js';
import { type Inflight, waitingFor } from './inflight.js';

// What no broker may send, in words. Where it is still clear what each packet is, the connection goes on and every case
// is told (SessionEvents.onViolation); what cannot be read ends the connection (SessionEvents.onProblem).

const names: Readonly<Record<number, string>> = {
  [packetTypes.puback]: 'PUBACK',
  [packetTypes.pubrec]: 'PUBREC',
  [packetTypes.pubcomp]: 'PUBCOMP',
};

/** The code of answers that come once too often, which a publish that went out again excuses. */
export const acknowledgedTwice = 'MQB_ACK_TWICE';

/** What is wrong with an acknowledgement that no publish waits for. @param type PUBACK, PUBREC or PUBCOMP */
export function oddAcknowledgement(type: number, id: number, slots: Inflight | undefined): MqbenchError {
  const name = names[type];
  const slot = slots?.find(id) ?? -1;
  const state = slot < 0 ? waitingFor.nothing : slots?.state[slot];
  if (state === waitingFor.nothing) {
    return slots?.wasUsed(id) === true
      ? new MqbenchError(acknowledgedTwice, `the broker sent ${name} for a publish that it had acknowledged already`)
      : new MqbenchError('MQB_ACK_UNKNOWN', `the broker sent ${name} with a packet id that no publish has`);
  }
  if (state === waitingFor.pubcomp && type === packetTypes.pubrec) {
    return new MqbenchError(acknowledgedTwice, 'the broker sent PUBREC twice for one publish');
  }
  if (state !== waitingFor.puback && type === packetTypes.pubcomp) {
    return new MqbenchError('MQB_ACK_KIND', 'the broker sent PUBCOMP for a publish before its PUBREC');
  }
  const qos = state === waitingFor.puback ? 1 : 2;
  return new MqbenchError('MQB_ACK_KIND', `the broker answers QoS ${qos} with ${name}`);
}

/** An answer to nothing that was asked. */
export function unasked(packet: 'SUBACK' | 'PINGRESP'): MqbenchError {
  return new MqbenchError('MQB_UNASKED', `the broker sent ${packet} although nothing asked for it`);
}

export function otherSubscription(): MqbenchError {
  return new MqbenchError('MQB_ACK_UNKNOWN', 'the broker sent SUBACK with a packet id that no SUBSCRIBE has');
}

/** A packet of which a large part never came. */
export function unfinishedPacket(announced: number, came: number): MqbenchError {
  return new MqbenchError(
    'MQB_UNFINISHED',
    `the broker began a packet of ${announced} B and had sent ${came} B of it when measuring stopped`,
  );
}
