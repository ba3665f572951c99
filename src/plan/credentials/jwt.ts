import { formatDuration } from '../../base/units.js';
import type { Rule } from '../asked.js';

/** A token that each client makes for each of its connects (RFC 7519), signed with what is in a file. */
export interface JwtPlan {
  /** Path of a secret (HS256), or of a private key in PEM (RS256 or ES256, by its kind). */
  readonly file: string;
  readonly kind: 'secret' | 'key';
  /** Texts with the variables of topics; `iat` and `exp` are added where they are not there. */
  readonly claims: Readonly<Record<string, string | number | boolean>>;
  readonly lifetimeSeconds: number;
  readonly as: 'password' | 'username';
}

/** Of a token when nobody says it. */
export const usualLifetimeMicros = 3_600e6;
export const usualClaims = { sub: '%c' } as const;
export const tokenFields = ['password', 'username'] as const;

/** What tokens cannot be. */
export const jwtRule: Rule = (asked, { name }, wrong) => {
  const { jwtSecret, jwtKey, jwtLifetime, password, username, mqttVersion, jwtAs = 'password' } = asked;
  const further = (['jwtLifetime', 'jwtClaims', 'jwtAs'] as const).filter((one) => asked[one] !== undefined);
  if (jwtSecret === undefined && jwtKey === undefined) {
    for (const at of further)
      wrong(at, `is of tokens: give ${name('jwtSecret')} or ${name('jwtKey')} to sign them with`);
    return;
  }
  const by = jwtSecret === undefined ? 'jwtKey' : 'jwtSecret';
  if (jwtSecret !== undefined && jwtKey !== undefined) wrong('jwtKey', `and ${name('jwtSecret')} both sign: give one`);
  if (jwtLifetime !== undefined && (jwtLifetime < 1e6 || jwtLifetime % 1e6 !== 0))
    wrong('jwtLifetime', `is whole seconds, at least one, not ${formatDuration(jwtLifetime)}`);
  if (jwtAs === 'password' && password !== undefined)
    wrong(by, `makes the password, and ${name('password')} gives one: leave one out`);
  if (jwtAs === 'username' && username !== undefined)
    wrong(by, `makes the user name, and ${name('username')} gives one: leave one out`);
  if (jwtAs === 'password' && username === undefined && mqttVersion !== undefined && mqttVersion !== 5)
    wrong(
      by,
      `makes a password, and before MQTT 5 a password needs a user name (MQTT-3.1.2-22): give ${name('username')}`,
    );
};
