import { isUtf8 } from 'node:buffer';
import { type Fault, faultReasons, malformed, protocolError } from './fault.js';

const hash = 0x23;
const plus = 0x2b;
const slash = 0x2f;
const share = Buffer.from('$share/');

/** @returns offset behind a string with its two bytes of length, -1 when the packet ends before */
export function stringEnd(packet: Buffer, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const behind = at + 2 + ((packet[at] as number) << 8) + (packet[at + 1] as number);
  return behind > end ? -1 : behind;
}

/** A name that is published to, MQTT 3.1.1 section 4.7. */
export function faultOfTopic(bytes: Buffer, from: number, end: number): Fault | undefined {
  if (from === end) return protocolError('an empty topic', faultReasons.topicName); // [MQTT-4.7.3-1]
  return faultOfText(bytes, from, end, true);
}

/** What is subscribed to, MQTT 3.1.1 section 4.7; in MQTT 5 a shared one is more than a name (section 4.8.2). */
export function faultOfFilter(bytes: Buffer, from: number, end: number): Fault | undefined {
  if (from === end) return protocolError('an empty topic filter', faultReasons.topicFilter); // [MQTT-4.7.3-1]
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte !== hash && byte !== plus) continue;
    const alone = (i === from || bytes[i - 1] === slash) && (i + 1 === end || bytes[i + 1] === slash);
    const says = alone ? '# that is not the last level' : `${byte === hash ? '#' : '+'} that shares its level`;
    // [MQTT-4.7.1-2], [MQTT-4.7.1-3]
    if (!alone || (byte === hash && i + 1 !== end)) return malformed(says, faultReasons.topicFilter);
  }
  return faultOfText(bytes, from, end);
}

/** Whether a filter begins with `$share/`. */
export function isShared(bytes: Buffer, from: number, end: number): boolean {
  return end - from >= share.length && bytes.compare(share, 0, share.length, from, from + share.length) === 0;
}

/** `$share/<name>/<filter>` with a name of at least one character, without wildcards ([MQTT-4.8.2-1], [MQTT-4.8.2-2]). */
export function faultOfShared(bytes: Buffer, from: number, end: number): Fault | undefined {
  const name = from + share.length;
  const behind = bytes.indexOf(slash, name);
  if (behind < 0 || behind >= end - 1)
    return protocolError('a shared subscription without a filter', faultReasons.topicFilter);
  if (behind === name) return protocolError('a shared subscription without a name', faultReasons.topicFilter);
  for (let i = name; i < behind; i++) {
    if (bytes[i] === hash || bytes[i] === plus) {
      return protocolError('a wildcard in the name of a shared subscription', faultReasons.topicFilter);
    }
  }
  return undefined;
}

/** UTF-8 without U+0000 and without the halves of surrogate pairs, MQTT 3.1.1 section 1.5.3. */
export function faultOfText(bytes: Buffer, from: number, end: number, isTopic = false): Fault | undefined {
  let plain = true;
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    if (isTopic && (byte === plus || byte === hash)) {
      return malformed('a wildcard in a topic', faultReasons.topicName); // [MQTT-3.3.2-2]
    }
    if (byte === 0) return malformed('a null character'); // [MQTT-1.5.3-2]
    if (byte > 0x7f) plain = false;
  }
  return plain || isUtf8(bytes.subarray(from, end)) ? undefined : malformed('text that is not UTF-8'); // [MQTT-1.5.3-1]
}
