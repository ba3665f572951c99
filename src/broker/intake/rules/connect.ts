import { type Fault, malformed } from './fault.js';
import { propertiesOf, readProperties } from './properties.js';
import { faultOfText, faultOfTopic, stringEnd } from './text.js';

/** Flags of CONNECT, MQTT 3.1.1 section 3.1.2.3. */
const flag = { reserved: 0x01, will: 0x04, willQos: 0x18, willRetain: 0x20, password: 0x40, userName: 0x80 } as const;

/** Set in the protocol version by bridges (mosquitto's `try_private`), which aedes knows. */
const bridge = 0x80;

/** @returns the protocol version that a CONNECT asks for, undefined when it is too short to tell */
export function versionOf(packet: Buffer, body: number, end: number): number | undefined {
  const level = stringEnd(packet, body, end);
  return level < 0 || level >= end ? undefined : (packet[level] as number) & ~bridge;
}

/** Of MQTT 3.1, 3.1.1 and 5; other versions are refused by their number, without a look at the rest. */
export function faultOfConnect(packet: Buffer, body: number, end: number): Fault | undefined {
  const level = stringEnd(packet, body, end);
  if (level < 0 || level + 4 > end) return malformed('a CONNECT that is too short');
  const version = (packet[level] as number) & ~bridge;
  if (!isSpoken(version)) return undefined;
  const flags = packet[level + 1] as number;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(flag.reserved)) return malformed('the reserved flag of CONNECT'); // [MQTT-3.1.2-3]
  if ((flags & flag.willQos) === flag.willQos) return malformed('a will of QoS 3'); // [MQTT-3.1.2-14]
  if (!has(flag.will) && has(flag.willQos | flag.willRetain)) return malformed('a QoS or RETAIN of no will'); // [MQTT-3.1.2-13], -15
  // [MQTT-3.1.2-22]; MQTT 5 allows it (section 3.1.2.9).
  if (version < 5 && has(flag.password) && !has(flag.userName)) return malformed('a password without a user name');
  let at = level + 4;
  if (version === 5) {
    const properties = readProperties(packet, at, end, propertiesOf.connect);
    if (properties.fault) return properties.fault;
    at = properties.end;
  }
  const fields: Field[] = [{ what: 'client id', rule: faultOfText }];
  if (has(flag.will)) {
    if (version === 5) fields.push({ what: 'will properties', properties: true });
    fields.push({ what: 'will topic', rule: faultOfTopic }, { what: 'will message' });
  }
  if (has(flag.userName)) fields.push({ what: 'user name', rule: faultOfText });
  if (has(flag.password)) fields.push({ what: 'password' });
  return faultOfFields(packet, at, end, fields);
}

/** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export const isSpoken = (version: number): boolean => version >= 3 && version <= 5;

type Rule = (bytes: Buffer, from: number, end: number) => Fault | undefined;
interface Field {
  readonly what: string;
  readonly rule?: Rule;
  readonly properties?: boolean;
}

function faultOfFields(packet: Buffer, from: number, end: number, fields: readonly Field[]): Fault | undefined {
  let at = from;
  for (const { what, rule, properties } of fields) {
    if (properties) {
      const will = readProperties(packet, at, end, propertiesOf.will);
      if (will.fault) return will.fault;
      at = will.end;
      continue;
    }
    const behind = stringEnd(packet, at, end);
    if (behind < 0) return malformed(`a ${what} that is longer than its packet`);
    const fault = rule?.(packet, at + 2, behind);
    if (fault !== undefined) return { ...fault, says: `${fault.says} (${what})` };
    at = behind;
  }
  return at === end ? undefined : malformed('bytes behind the end of CONNECT');
}
