import type { Rule } from '../asked.js';

/** Methods of enhanced authentication (MQTT 5.0, 4.12), by their names at IANA. */
export const authenticationMethods = ['SCRAM-SHA-256'] as const;
export type AuthenticationMethod = (typeof authenticationMethods)[number];

/** What enhanced authentication cannot be without. */
export const authenticationRule: Rule = (asked, { name }, wrong) => {
  const { authMethod, mqttVersion, username, password, jwtSecret, jwtKey } = asked;
  if (authMethod === undefined) return;
  if (mqttVersion !== undefined && mqttVersion !== 5) wrong('authMethod', `is of MQTT 5: add ${name('mqttVersion')} 5`);
  if (jwtSecret !== undefined || jwtKey !== undefined)
    wrong(
      'authMethod',
      `proves a password, and ${name(jwtSecret === undefined ? 'jwtKey' : 'jwtSecret')} sends a token: leave one out`,
    );
  if (asked.fed) return;
  if (username === undefined) wrong('authMethod', `needs a user name: give ${name('username')}`);
  if (password === undefined) wrong('authMethod', `needs a password: give ${name('password')}`);
};
