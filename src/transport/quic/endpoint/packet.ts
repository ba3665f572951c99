/** Length of every connection id that we choose, in bytes: 96 random bits, so ids neither collide nor can be guessed. */
export const connectionIdLength = 12;

/** Smallest UDP payload that may carry a client's Initial, RFC 9000 14.1. */
export const minInitialLength = 1200;

/** RFC 9000 packet types as far as routing needs them. */
export type PacketType = 'short' | 'initial' | 'early' | 'handshake' | 'retry' | 'version';

/** The part of a long header that every QUIC version shares (RFC 8999 5.1), and the token of a version 1 Initial. */
export interface LongHeader {
  readonly type: PacketType;
  readonly version: number;
  readonly dcid: Buffer;
  readonly scid: Buffer;
  /** Empty for anything but an Initial with a token. */
  readonly token: Buffer;
}

const longTypes: readonly PacketType[] = ['initial', 'early', 'handshake', 'retry'];
const none = Buffer.alloc(0);

/** Whether the first byte says long header (RFC 8999 5.1). */
export function isLong(packet: Buffer): boolean {
  return ((packet[0] as number) & 0x80) !== 0;
}

/** The map key of a destination connection id at an offset: latin1 keeps one byte per character. */
export function keyAt(packet: Buffer, offset: number, length: number): string {
  return packet.toString('latin1', offset, offset + length);
}

/** The map key of a connection id. */
export function keyOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}

/** Reads a long header, or undefined when the datagram is cut short or has ids longer than version 1 allows (20). */
export function parseLong(packet: Buffer): LongHeader | undefined {
  if (packet.length < 7) return undefined;
  const version = packet.readUInt32BE(1);
  const dcidLength = packet[5] as number;
  const scidAt = 6 + dcidLength;
  if (scidAt >= packet.length) return undefined;
  const scidLength = packet[scidAt] as number;
  const end = scidAt + 1 + scidLength;
  if (end > packet.length) return undefined;
  // RFC 8999 allows 255 bytes; only a version we do not speak may use them, to be answered by negotiation.
  if (version === 1 && (dcidLength > 20 || scidLength > 20)) return undefined;
  const type = version === 0 ? 'version' : (longTypes[((packet[0] as number) & 0x30) >> 4] as PacketType);
  const token = version === 1 && type === 'initial' ? readToken(packet, end) : none;
  if (!token) return undefined;
  return {
    type,
    version,
    dcid: packet.subarray(6, scidAt),
    scid: packet.subarray(scidAt + 1, end),
    token,
  };
}

/** The token behind the ids of an Initial: a varint length (RFC 9000 16) and the bytes. */
function readToken(packet: Buffer, offset: number): Buffer | undefined {
  if (offset >= packet.length) return undefined;
  const width = 1 << ((packet[offset] as number) >> 6);
  if (width > 4 || offset + width > packet.length) return undefined;
  let length = (packet[offset] as number) & 0x3f;
  for (let i = 1; i < width; i++) length = length * 256 + (packet[offset + i] as number);
  const start = offset + width;
  return start + length <= packet.length ? packet.subarray(start, start + length) : undefined;
}
