import { resolve } from 'node:path';
import { Tokens } from '../../../load/client/credentials/token.js';
import { type JwtPlan, tokenFields, usualClaims, usualLifetimeMicros } from '../../../plan/credentials/jwt.js';
import { collect, oneOf, time, usage } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { all, type LoadFlags } from './flags.js';

/** Tokens that clients make for their connects. */
export const jwtOptions = group('Security', all, {
  jwtSecret: [
    '--jwt-secret <file>',
    'each client makes a token (JWT, HS256) for each of its connects, signed with the secret in this file',
  ],
  jwtKey: ['--jwt-key <file>', 'the same with a private key in PEM: RS256 (RSA) or ES256 (EC, P-256)'],
  jwtClaim: [
    '--jwt-claim <name=value>',
    'claim of the token, with the variables of topics (repeatable; without any, sub=%c)',
    collect,
  ],
  jwtLifetime: ['--jwt-lifetime <time>', 'from iat to exp of the token (default 1h); a bare number is s', time('s')],
  jwtAs: [
    '--jwt-as <field>',
    'what of CONNECT the token is: password or username (default password)',
    oneOf(...tokenFields),
  ],
});

/** What these flags mean. @throws MQB_USAGE for a file that signs nothing: before the load, not in it */
export function jwtOf(flags: LoadFlags, cwd: string): JwtPlan | undefined {
  const { jwtSecret, jwtKey, jwtClaim, jwtLifetime = usualLifetimeMicros, jwtAs = 'password' } = flags;
  const file = jwtSecret ?? jwtKey;
  if (file === undefined) return undefined;
  const claims = jwtClaim === undefined ? usualClaims : Object.fromEntries(jwtClaim.map(claimOf));
  const kind = jwtSecret === undefined ? 'key' : 'secret';
  const plan: JwtPlan = { file: resolve(cwd, file), kind, claims, lifetimeSeconds: jwtLifetime / 1e6, as: jwtAs };
  new Tokens(plan);
  return plan;
}

function claimOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw usage(`--jwt-claim "${text}" is not a name, "=" and a value`);
  return [text.slice(0, at), text.slice(at + 1)];
}
