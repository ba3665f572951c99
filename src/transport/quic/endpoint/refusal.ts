import { createCipheriv, createHmac } from 'node:crypto';
import type { LongHeader } from './packet.js';

/** RFC 9000 20.1 */
export const invalidToken = 0x0b;

/** RFC 9001 5.2: secret to nobody; it tells versions apart. */
const initialSalt = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');
const secretBytes = 32;
const tagBytes = 16;
const packetNumberBytes = 4;
/** Initial with a packet number of four bytes (RFC 9000 17.2.2). */
const firstByte = 0xc0 | (packetNumberBytes - 1);
const connectionClose = 0x1c;

/**
 * Writes an Initial that carries nothing but CONNECTION_CLOSE, made without a connection: all of its keys follow from the
 * client's destination id (RFC 9001 5.2). It need not be padded, because nobody has to acknowledge it (RFC 9000 14.1).
 * @param header of the Initial that is answered
 * @param code transport error, below 0x4000
 * @returns its length
 */
export function writeRefusal(header: LongHeader, code: number, slot: Buffer): number {
  const frame = Buffer.of(connectionClose, 0x40 | (code >> 8), code & 0xff, 0, 0); // no frame to blame, no words
  const length = packetNumberBytes + frame.length + tagBytes;
  const head = Buffer.concat([
    Buffer.of(firstByte, 0, 0, 0, 1, header.scid.length),
    header.scid,
    Buffer.of(header.dcid.length),
    header.dcid,
    Buffer.of(0, 0x40 | (length >> 8), length & 0xff), // no token; the length as a two-byte varint
    Buffer.alloc(packetNumberBytes), // packet 0: the first and last one, so the nonce is the bare IV
  ]);
  const secret = expand(hmac(initialSalt, header.dcid), 'server in', secretBytes);
  const cipher = createCipheriv('aes-128-gcm', expand(secret, 'quic key', 16), expand(secret, 'quic iv', 12));
  cipher.setAAD(head);
  const body = Buffer.concat([cipher.update(frame), cipher.final(), cipher.getAuthTag()]);
  const at = head.length - packetNumberBytes;
  // Header protection, RFC 9001 5.4: the sample is taken four bytes behind the start of the packet number.
  const mask = createCipheriv('aes-128-ecb', expand(secret, 'quic hp', 16), null).update(body.subarray(0, 16));
  head[0] = (head[0] as number) ^ ((mask[0] as number) & 0x0f);
  for (let i = 0; i < packetNumberBytes; i++) head[at + i] = (head[at + i] as number) ^ (mask[1 + i] as number);
  return head.copy(slot) + body.copy(slot, head.length);
}

const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

/** HKDF-Expand-Label (RFC 8446 7.1) of one block: at most 32 bytes. */
function expand(secret: Buffer, name: string, length: number): Buffer {
  const label = `tls13 ${name}`;
  const info = Buffer.concat([Buffer.of(0, length, label.length), Buffer.from(label), Buffer.of(0, 1)]);
  return hmac(secret, info).subarray(0, length);
}
