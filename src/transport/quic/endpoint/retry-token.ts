import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Address } from '../../contract.js';

const macBytes = 16;
const timeBytes = 6;
/** What tells our tokens from those of others that a client may bring along (RFC 9000 8.1.1). We give none but in a Retry. */
const mark = Buffer.from('mqbR');

/** RFC 9000 8.1.3: a token of a Retry is for this attempt only, so it need not live longer than a handshake. */
const lifeMs = 10_000;

/**
 * The token of a Retry (RFC 9000 8.1.2): the client's address, both ids and the
 * time under an HMAC, so that the server keeps nothing until it comes back.
 * Layout: a mark (4 bytes), time (6 bytes), original destination id, HMAC-SHA256 cut to 16 bytes.
 */
export class RetryTokens {
  private readonly key = randomBytes(32);

  issue(to: Address, original: Buffer, retryId: Buffer, nowMs: number): Buffer {
    const time = Buffer.alloc(timeBytes);
    time.writeUIntBE(Math.floor(nowMs), 0, timeBytes);
    const body = Buffer.concat([mark, time, original]);
    return Buffer.concat([body, this.mac(body, to, retryId)]);
  }

  /** @returns the client's original destination id, or undefined when the token is not one of ours for this address and id */
  check(token: Buffer, from: Address, retryId: Buffer, nowMs: number): Buffer | undefined {
    if (!this.isOurs(token)) return undefined;
    const body = token.subarray(0, token.length - macBytes);
    if (!timingSafeEqual(token.subarray(body.length), this.mac(body, from, retryId))) return undefined;
    const age = nowMs - body.readUIntBE(mark.length, timeBytes);
    return age >= -1 && age <= lifeMs ? Buffer.from(body.subarray(mark.length + timeBytes)) : undefined;
  }

  /** Whether it looks like one of a Retry of ours, forged or for somebody else though it may be. */
  isOurs(token: Buffer): boolean {
    const fixed = mark.length + timeBytes + macBytes;
    return token.length >= fixed && token.length <= fixed + 20 && token.subarray(0, mark.length).equals(mark);
  }

  private mac(body: Buffer, peer: Address, retryId: Buffer): Buffer {
    const mac = createHmac('sha256', this.key).update(body).update(retryId).update(`${peer.host} ${peer.port}`);
    return mac.digest().subarray(0, macBytes);
  }
}
