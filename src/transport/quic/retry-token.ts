import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Address } from '../contract.js';

const macBytes = 16;
const timeBytes = 6;

/** RFC 9000 8.1.3: a token of a Retry is for this attempt only, so it need not live longer than a handshake. */
const lifeMs = 10_000;

/**
 * The token of a Retry (RFC 9000 8.1.2): the client's address, both ids and the
 * time under an HMAC, so that the server keeps nothing until it comes back.
 * Layout: time (6 bytes), original destination id, HMAC-SHA256 cut to 16 bytes.
 */
export class RetryTokens {
  private readonly key = randomBytes(32);

  issue(to: Address, original: Buffer, retryId: Buffer, nowMs: number): Buffer {
    const time = Buffer.alloc(timeBytes);
    time.writeUIntBE(Math.floor(nowMs), 0, timeBytes);
    const body = Buffer.concat([time, original]);
    return Buffer.concat([body, this.mac(body, to, retryId)]);
  }

  /** @returns the client's original destination id, or undefined when the token is not one of ours for this address and id */
  check(token: Buffer, from: Address, retryId: Buffer, nowMs: number): Buffer | undefined {
    if (token.length < timeBytes + macBytes || token.length > timeBytes + 20 + macBytes) return undefined;
    const body = token.subarray(0, token.length - macBytes);
    if (!timingSafeEqual(token.subarray(body.length), this.mac(body, from, retryId))) return undefined;
    const age = nowMs - body.readUIntBE(0, timeBytes);
    return age >= -1 && age <= lifeMs ? Buffer.from(body.subarray(timeBytes)) : undefined;
  }

  private mac(body: Buffer, peer: Address, retryId: Buffer): Buffer {
    const mac = createHmac('sha256', this.key).update(body).update(retryId).update(`${peer.host} ${peer.port}`);
    return mac.digest().subarray(0, macBytes);
  }
}
