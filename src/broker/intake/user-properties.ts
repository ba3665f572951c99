import type { Packet } from 'mqtt-packet';
import { bodyStart } from '../../mqtt/codec/frame-reader.js';
import type { MessageProperties } from '../sessions/message.js';
import { propertiesOf, userPropertiesIn } from './rules/properties.js';
import { stringEnd } from './rules/text.js';

/** Of CONNECT: protocol version, flags and keepalive, between the protocol's name and the properties (MQTT 5.0, 3.1.2). */
const connectHeaderBytes = 4;

/**
 * Gives a message its user properties in the order in which they came: mqtt-packet, through which aedes reads, sorts them by name.
 * @param frame the packet as bytes, of MQTT 5, which keeps the rules
 */
export function keepOrder(packet: Packet, frame: Buffer, at: number, end: number): void {
  if (packet.cmd === 'publish' && hasSeveral(packet.properties)) {
    const topicEnd = stringEnd(frame, bodyStart(frame, at), end);
    const from = packet.qos > 0 ? topicEnd + 2 : topicEnd;
    keep(packet.properties, userPropertiesIn(frame, from, end, propertiesOf.publish).bytes);
  } else if (packet.cmd === 'connect' && packet.will && hasSeveral(packet.will.properties)) {
    const from = stringEnd(frame, bodyStart(frame, at), end) + connectHeaderBytes;
    const idAt = userPropertiesIn(frame, from, end, propertiesOf.connect).end;
    keep(packet.will.properties, userPropertiesIn(frame, stringEnd(frame, idAt, end), end, propertiesOf.will).bytes);
  }
}

const hasSeveral = (properties: { userProperties?: object } | undefined): boolean =>
  properties?.userProperties !== undefined && Object.values(properties.userProperties).flat().length > 1;

function keep(properties: object | undefined, userPropertyBytes: Buffer | undefined): void {
  Object.assign(properties ?? {}, { userPropertyBytes } satisfies Pick<MessageProperties, 'userPropertyBytes'>);
}
