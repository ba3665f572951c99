import { afterVariable } from '../codec/frame-reader.js';
import { afterProperty, publishProperties } from '../codec/publish-properties.js';
import { readStamp, type Stamp, stampBytes, writeStampHead, writeStampTail } from './stamp.js';

/**
 * The stamp as a user property of MQTT 5 (3.3.2.3.7), for payloads that must go out as they are: name `mqb`, value
 * the stamp's bytes (stamp.ts) in hexadecimal, because a property's value is UTF-8. Brokers hand user properties on
 * unchanged and in order (MQTT-3.3.2-17, -18).
 */
const name = Buffer.from('mqb');
const valueBytes = stampBytes * 2;
const hexDigits = Buffer.from('0123456789abcdef');
/** Of the whole property. */
export const stampPropertyBytes = 1 + 2 + name.length + 2 + valueBytes;
/** Offset in the value of what changes per message; see stamp.ts. */
const tailAt = 10;

const bytes = Buffer.alloc(stampBytes);

/** The encoded property with sequence and due time 0; to be the last of its packet's properties. */
export function stampProperty({ run, publisher, slot }: Pick<Stamp, 'run' | 'publisher' | 'slot'>): Buffer {
  const property = Buffer.alloc(stampPropertyBytes);
  property[0] = publishProperties.userProperty;
  property.writeUInt16BE(name.length, 1);
  property.set(name, 3);
  property.writeUInt16BE(valueBytes, 3 + name.length);
  writeStampHead(bytes, 0, run, publisher, slot);
  writeStampTail(bytes, 0, 0, 0);
  writeHex(property, property.length - valueBytes, 0, stampBytes);
  return property;
}

/** Writes what changes per message. @param end offset after the property */
export function patchStampProperty(target: Uint8Array, end: number, sequence: number, dueMicros: number): void {
  writeStampTail(bytes, 0, sequence, dueMicros);
  writeHex(target, end - valueBytes + tailAt * 2, tailAt, stampBytes);
}

function writeHex(target: Uint8Array, at: number, from: number, to: number): void {
  let out = at;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    target[out++] = hexDigits[byte >>> 4] as number;
    target[out++] = hexDigits[byte & 15] as number;
  }
}

/**
 * Reads the stamp among the properties of a PUBLISH into `out`.
 * @param at offset of the property length @param end offset after the properties: that of the payload
 * @param run undefined: any
 * @returns false without one of this run
 */
export function readStampProperty(
  source: Buffer,
  at: number,
  end: number,
  run: number | undefined,
  out: Stamp,
): boolean {
  let i = afterVariable(source, at); // the length itself
  while (i < end) {
    const next = afterProperty(source, i, end);
    if (next === 0 || next > end) return false;
    if (isStamp(source, i, next)) {
      const decoded = source.toString('latin1', next - valueBytes, next);
      if (bytes.write(decoded, 'hex') === stampBytes && readStamp(bytes, 0, stampBytes, run, out)) return true;
    }
    i = next;
  }
  return false;
}

function isStamp(source: Buffer, at: number, next: number): boolean {
  if (source[at] !== publishProperties.userProperty || next - at !== 5 + name.length + valueBytes) return false;
  for (let i = 0; i < name.length; i++) if (source[at + 3 + i] !== name[i]) return false;
  return true;
}
