import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { MqbenchError } from '../../../base/errors.js';
import type { Authentication } from '../../../mqtt/session/authentication.js';
import type { AuthenticationMethod } from '../../../plan/credentials/authentication.js';

/** No server asks for more; one that did would hold up all clients of a worker for seconds. */
const mostIterations = 1_000_000;
/** "n,,": no channel binding, no other identity (RFC 5802, section 7). */
const header = 'n,,';

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. What is costly, the salted password, is kept as long as salt and
 * iterations stay the same (RFC 5802, section 3): a client works it out once and not at each reconnect.
 */
export class Scram implements Authentication {
  readonly method: AuthenticationMethod = 'SCRAM-SHA-256';
  private readonly username: string;
  private readonly password: string;
  private firstBare = '';
  private nonce = '';
  private expected: Buffer | undefined;
  private salted: { readonly of: string; readonly key: Buffer } | undefined;

  /** @param newNonce printable ASCII without a comma */
  constructor(
    username: string,
    password: string,
    private readonly newNonce: () => string = () => randomBytes(18).toString('base64'),
  ) {
    this.username = username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.password = password.normalize('NFKC'); // of SASLprep (RFC 4013) what changes text that people type
  }

  first(): Buffer {
    this.expected = undefined;
    this.nonce = this.newNonce();
    this.firstBare = `n=${this.username},r=${this.nonce}`;
    return Buffer.from(header + this.firstBare);
  }

  next(data: Buffer): Buffer {
    const serverFirst = data.toString();
    const fields = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d*)(?:,|$)/.exec(serverFirst);
    const [, nonce = '', salt = '', count = ''] = fields ?? [];
    const iterations = Number(count);
    if (!fields || this.expected) throw failed('sent what is no challenge of SCRAM');
    if (!nonce.startsWith(this.nonce) || nonce === this.nonce)
      throw failed('answered with a nonce that is not its own');
    if (iterations > mostIterations) throw failed(`asks for ${count} iterations, more than ${mostIterations}`);
    const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonce}`;
    const message = `${this.firstBare},${serverFirst},${withoutProof}`;
    const key = this.saltedPassword(salt, iterations);
    const clientKey = hmac(key, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
    const proof = clientKey.map((byte, i) => byte ^ (signature[i] as number));
    this.expected = hmac(hmac(key, 'Server Key'), message);
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`);
  }

  finish(data: Buffer | undefined): void {
    const said = /^v=([A-Za-z0-9+/=]+)/.exec(data?.toString() ?? '')?.[1];
    const signature = Buffer.from(said ?? '', 'base64');
    const { expected } = this;
    if (expected && signature.length === expected.length && timingSafeEqual(signature, expected)) return;
    throw failed('let the client in without a proof that it knows the password');
  }

  private saltedPassword(salt: string, iterations: number): Buffer {
    const of = `${iterations} ${salt}`;
    if (this.salted?.of !== of) {
      const key = pbkdf2Sync(this.password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
      this.salted = { of, key };
    }
    return this.salted.key;
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const failed = (what: string): MqbenchError =>
  new MqbenchError('MQB_AUTH', `the broker ${what} (SCRAM-SHA-256)`, {
    hint: 'look at how the broker authenticates this user; the user name may be of another method',
  });
