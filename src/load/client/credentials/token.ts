import { createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, usageError } from '../../../base/errors.js';
import type { JwtPlan } from '../../../plan/credentials/jwt.js';
import { type ClientName, fillVariables } from '../naming.js';

type Signature = (input: string) => string;

/** Makes the tokens of clients: JWS in compact form (RFC 7515, 7.1), algorithms of RFC 7518. */
export class Tokens {
  private readonly head: string;
  private readonly signature: Signature;

  /** @throws MQB_USAGE when the file cannot be read, or has nothing that signs */
  constructor(private readonly plan: JwtPlan) {
    const { algorithm, signature } = plan.kind === 'secret' ? bySecret(plan.file) : byKey(plan.file);
    this.head = encoded({ alg: algorithm, typ: 'JWT' });
    this.signature = signature;
  }

  /** @param seconds since 1970 */
  make(name: ClientName, seconds = Math.floor(Date.now() / 1000)): string {
    const { claims, lifetimeSeconds } = this.plan;
    const filled = Object.entries(claims).map(([claim, value]) => {
      return [claim, typeof value === 'string' ? fillVariables(value, name) : value];
    });
    const all = { iat: seconds, exp: seconds + lifetimeSeconds, ...Object.fromEntries(filled) };
    const input = `${this.head}.${encoded(all)}`;
    return `${input}.${this.signature(input)}`;
  }
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw usageError('MQB_USAGE', `read what tokens are signed with: ${messageOf(error)}`, 'give the path of a file');
  }
}

/** HS256. A line end that an editor puts after the secret is no part of it. */
function bySecret(file: string): { algorithm: string; signature: Signature } {
  const bytes = bytesOf(file);
  const secret = bytes.subarray(0, bytes.length - (/\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0));
  if (secret.length === 0) throw usageError('MQB_USAGE', `${file} is empty, and tokens are to be signed with it`);
  return {
    algorithm: 'HS256',
    signature: (input) => createHmac('sha256', secret).update(input).digest('base64url'),
  };
}

/** RS256 or ES256, as the key is. */
function byKey(file: string): { algorithm: string; signature: Signature } {
  const key = keyIn(file);
  if (key.asymmetricKeyType === 'rsa')
    return { algorithm: 'RS256', signature: (input) => sign('sha256', Buffer.from(input), key).toString('base64url') };
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') {
    const es256 = { key, dsaEncoding: 'ieee-p1363' } as const; // R and S side by side (RFC 7518, 3.4)
    return {
      algorithm: 'ES256',
      signature: (input) => sign('sha256', Buffer.from(input), es256).toString('base64url'),
    };
  }
  throw usageError(
    'MQB_USAGE',
    `${file} has a key of ${key.asymmetricKeyType ?? 'no known kind'}, which signs neither RS256 nor ES256`,
    'take an RSA key, or an EC key of the curve prime256v1 (P-256)',
  );
}

function keyIn(file: string): KeyObject {
  const pem = bytesOf(file);
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw usageError('MQB_USAGE', `${file} has no private key in PEM: ${messageOf(error)}`, 'a secret is --jwt-secret');
  }
}
