import type { Duplex } from 'node:stream';
import mqttPacket, { type IConnackPacket, type Packet } from 'mqtt-packet';
import { replace } from './patches.js';

type Amend = (connack: IConnackPacket) => void;

type Write = (packet: Packet, to: object, options?: object) => boolean;

const amendments = new WeakMap<object, Amend>();
let isReplaced = false;

/** @param amend changes the CONNACK of a client that is let in, before it is written to this stream */
export function onConnack(stream: Duplex, amend: Amend): void {
  amendments.set(stream, amend);
  if (isReplaced) return;
  isReplaced = true;
  replace('module', mqttPacket as { writeToStream: Write }, 'writeToStream', (write) => (packet, to, options) => {
    if (packet.cmd === 'connack' && !packet.returnCode && !packet.reasonCode) amendments.get(to)?.(packet);
    return write(packet, to, options);
  });
}
