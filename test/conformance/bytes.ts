/** MQTT packets byte by byte: what no packet generator would write. */

/** Versions by the number that CONNECT carries: MQTT 3.1.1 and 5.0. */
export type Level = 4 | 5;

type Part = Buffer | string | readonly number[];

export const bytes = (...parts: Part[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

/** A string or binary field with its two bytes of length. */
export function field(value: Part): Buffer {
  const content = bytes(value);
  return bytes([content.length >> 8, content.length & 0xff], content);
}

export const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

/** A variable byte integer in the fewest bytes. */
export function varint(value: number): Buffer {
  const all: number[] = [];
  let left = value;
  do {
    all.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.from(all);
}

/** A packet: its first byte, its length, its body. */
export function frame(first: number, ...parts: Part[]): Buffer {
  const body = bytes(...parts);
  return bytes([first], varint(body.length), body);
}

/** The properties of a packet: their length and themselves in MQTT 5, nothing in 3.1.1. */
export function properties(level: Level, ...parts: Part[]): Buffer {
  if (level === 4) return Buffer.alloc(0);
  const all = bytes(...parts);
  return bytes(varint(all.length), all);
}

export const connectFlags = {
  clean: 2,
  will: 4,
  willQos: 8,
  willRetain: 0x20,
  password: 0x40,
  userName: 0x80,
} as const;

/** CONNECT. @param fields of the payload, each with its length */
export function connectBytes(
  level: Level,
  {
    flags = connectFlags.clean as number,
    fields = [] as readonly Buffer[],
    name = 'MQTT',
    version = level as number,
    first = 0x10,
    own = [] as readonly Part[],
  },
): Buffer {
  return frame(first, field(name), [version, flags], u16(0), properties(level, ...own), ...fields);
}

/** PUBLISH. @param topic as it stands in the packet, well-formed or not */
export function publishBytes(
  level: Level,
  topic: Part,
  { first = 0x30, id = undefined as number | undefined, own = [] as readonly Part[], payload = 'x' } = {},
): Buffer {
  return frame(first, field(topic), id === undefined ? [] : u16(id), properties(level, ...own), payload);
}

/** SUBSCRIBE with one filter. @param options the byte behind the filter */
export function subscribeBytes(level: Level, filter: Part, { first = 0x82, id = 1, options = 0 } = {}): Buffer {
  return frame(first, u16(id), properties(level), field(filter), [options]);
}

/** UNSUBSCRIBE with one filter. */
export function unsubscribeBytes(level: Level, filter: Part, { first = 0xa2, id = 1 } = {}): Buffer {
  return frame(first, u16(id), properties(level), field(filter));
}

/** A user property (MQTT 5, 3.3.2.3.7) as it stands among the properties. */
export const userProperty = (key: Part, value: Part): Buffer => bytes([0x26], field(key), field(value));
