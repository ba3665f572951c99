import type { Duplex } from 'node:stream';
import mqttPacket, { type IConnackPacket, type IPubrecPacket, type ISubackPacket, type Packet } from 'mqtt-packet';
import { replace } from './patches.js';

/** Changes answers of aedes before they are written to a client. */
export interface Amend {
  /** It is let in. */
  connack(packet: IConnackPacket): void;
  suback(packet: ISubackPacket): void;
  /** @returns what is to be written in its place: the PUBRECs that are due now, in their order */
  pubrec(packet: IPubrecPacket): readonly Packet[];
  /** It brings a reason in words (MQTT 5). */
  worded(packet: Packet): void;
}

type Worded = { properties?: { reasonString?: string } };
type Write = (packet: Packet, to: object, options?: object) => boolean;

const amendments = new WeakMap<object, Amend>();
let isReplaced = false;

/** @param stream that the answers are written to */
export function onAnswers(stream: Duplex, amend: Amend): void {
  amendments.set(stream, amend);
  if (isReplaced) return;
  isReplaced = true;
  replace('module', mqttPacket as { writeToStream: Write }, 'writeToStream', (write) => (packet, to, options) => {
    const amend = amendments.get(to);
    if (amend === undefined) return write(packet, to, options);
    if (packet.cmd === 'connack' && !packet.returnCode && !packet.reasonCode) amend.connack(packet);
    else if (packet.cmd === 'suback') amend.suback(packet);
    if ((packet as Worded).properties?.reasonString !== undefined) amend.worded(packet);
    if (packet.cmd !== 'pubrec') return write(packet, to, options);
    let took = true;
    for (const due of amend.pubrec(packet)) took = write(due, to, options) && took;
    return took;
  });
}
