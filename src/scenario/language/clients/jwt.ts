import { resolve } from 'node:path';
import { z } from 'zod';
import { type JwtPlan, tokenFields, usualClaims, usualLifetimeMicros } from '../../../plan/credentials/jwt.js';
import { duration } from '../fields.js';

/** Tokens that clients make for their connects. */
export const jwtSchema = z
  .strictObject({
    secret: z.string().min(1).optional().describe('File with the secret of HS256.'),
    key: z.string().min(1).optional().describe('File with the private key of RS256 or ES256, in PEM.'),
    claims: z
      .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('Texts with the variables of topics; without any, {sub: "%c"}.'),
    lifetime: duration('From iat to exp; whole seconds.', '1h').optional(),
    as: z.enum(tokenFields).optional().describe('What of CONNECT the token is; default the password.'),
  })
  .describe('A token (JWT) that each client makes for each of its connects, signed with what is in a file.');
type JwtInput = z.output<typeof jwtSchema>;

/** As settings of the load. */
export const jwtAsked = (input: JwtInput | undefined) =>
  input && {
    ...{ jwtSecret: input.secret, jwtKey: input.key, jwtClaims: input.claims, jwtLifetime: input.lifetime },
    jwtAs: input.as,
  };

/** @param folder that the file is seen from */
export function jwtOf(input: JwtInput | undefined, folder: string): JwtPlan | undefined {
  const path = input?.secret ?? input?.key;
  if (input === undefined || path === undefined) return undefined;
  const file = resolve(folder, path);
  const { claims = usualClaims, lifetime = usualLifetimeMicros, as = 'password' } = input;
  return { file, kind: input.secret === undefined ? 'key' : 'secret', claims, lifetimeSeconds: lifetime / 1e6, as };
}
