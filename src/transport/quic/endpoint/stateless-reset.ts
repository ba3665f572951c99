import { createCipheriv, randomFillSync } from 'node:crypto';
import { connectionIdLength } from './packet.js';

/** Bytes of a token, and of the shortest reset: 5 of a short header and the token (RFC 9000 10.3). */
const tokenBytes = 16;
export const shortestReset = 5 + tokenBytes;
/** Longer than the shortest packet of any peer, so that nothing tells it from one. */
const longest = 43;

/** So many a window: a port that strangers flood must not become their amplifier, nor cost more than it can. */
const windowMs = 100;
const mostPerWindow = 200;

/**
 * Tokens that tell a peer that its connection is not known here (RFC 9000 10.3.2). They are a pseudorandom function of the
 * connection id under the key, so whoever has the key can end the connections of a process that died. An id of ours
 * fits into one block of AES: half the time of an HMAC, and no object of OpenSSL for each of them.
 */
export class ResetTokens {
  private windowEnds = Number.NEGATIVE_INFINITY;
  private inWindow = 0;
  private readonly cipher;
  /** A connection id, and zeros behind it. */
  private readonly block = Buffer.alloc(tokenBytes);

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  }

  /** As the binding takes it. @param id a connection id that we gave */
  tokenOf(id: Uint8Array): bigint {
    const token = this.token(id);
    return (token.readBigUInt64BE(0) << 64n) | token.readBigUInt64BE(8);
  }

  /**
   * Writes a reset in answer to a short header whose id belongs to nobody. It is shorter than the packet, so that two
   * ends that know nothing of each other stop (RFC 9000 10.3.3). Where there is room, the first of its arbitrary bytes are the
   * id of the packet, itself random: a client with thousands of connections on one socket finds the right one by it.
   * @returns its length, 0 when none may be sent
   */
  write(packet: Buffer, slot: Buffer, nowMs: number): number {
    const length = Math.min(longest, packet.length - 1);
    if (length < shortestReset || !this.mayAnswer(nowMs)) return 0;
    randomFillSync(slot, 0, length - tokenBytes);
    if (length >= 1 + connectionIdLength + tokenBytes) packet.copy(slot, 1, 1, 1 + connectionIdLength);
    slot[0] = ((slot[0] as number) & 0x3f) | 0x40;
    this.token(packet.subarray(1, 1 + connectionIdLength)).copy(slot, length - tokenBytes);
    return length;
  }

  private token(id: Uint8Array): Buffer {
    this.block.set(id);
    return this.cipher.update(this.block);
  }

  private mayAnswer(nowMs: number): boolean {
    if (nowMs >= this.windowEnds) {
      this.windowEnds = nowMs + windowMs;
      this.inWindow = 0;
    }
    return ++this.inWindow <= mostPerWindow;
  }
}
