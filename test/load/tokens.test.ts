import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IConnectPacket } from 'mqtt-packet';
import { afterAll, describe, expect, it } from 'vitest';
import { Tokens } from '../../src/load/client/credentials/token.js';
import { nameClient } from '../../src/load/client/naming.js';
import type { JwtPlan } from '../../src/plan/credentials/jwt.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { readScenario } from '../../src/scenario/read.js';
import { planMeant } from '../helpers/plan-meant.js';
import { playLoad } from '../helpers/play-load.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-jwt-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string | Buffer): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const secret = write('secret', 'your-256-bit-secret\n');
const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
};
const pem = Object.fromEntries(
  Object.entries(keys).map(([name, { privateKey }]) => [
    name,
    write(`${name}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' })),
  ]),
) as Record<keyof typeof keys, string>;

const planOf = (over: Partial<JwtPlan>): JwtPlan => ({
  file: secret,
  kind: 'secret',
  claims: { sub: '%c' },
  lifetimeSeconds: 60,
  as: 'password',
  ...over,
});
const client = nameClient({ clientIdPrefix: 'device-', clients: 10 } as unknown as LoadPlan, 7);
const decoded = (part = ''): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
const claimsOf = (token: string) => decoded(token.split('.')[1]) as Record<string, unknown>;

function holds(token: string, key: KeyObject | string): boolean {
  const [head, claims, signature = ''] = token.split('.');
  const input = `${head}.${claims}`;
  if (typeof key === 'string') return createHmac('sha256', key).update(input).digest('base64url') === signature;
  const bytes = Buffer.from(signature, 'base64url');
  return verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, bytes);
}

describe('the token of a client', () => {
  it('is the one that RFC 7515 and jwt.io have for HS256', () => {
    // The example of jwt.io: the order of claims is theirs, the line end of the file is not of the secret.
    const tokens = new Tokens(planOf({ claims: { sub: '1234567890', name: 'John Doe', iat: 1516239022 } }));
    const [head, , signature] = tokens.make(client, 1).split('.');
    expect(head).toBe('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9');
    expect(signature).toHaveLength(43);
    const example =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c';
    expect(holds(example, 'your-256-bit-secret')).toBe(true); // so the test knows what is right
    expect(holds(tokens.make(client), 'your-256-bit-secret')).toBe(true);
    expect(holds(tokens.make(client), 'another')).toBe(false);
  });

  it.each([
    ['RS256', 'rsa'],
    ['ES256', 'ec'],
  ] as const)('is signed as the key is: %s', (alg, key) => {
    const token = new Tokens(planOf({ file: pem[key], kind: 'key' })).make(client);
    expect(decoded(token.split('.')[0])).toEqual({ alg, typ: 'JWT' });
    expect(holds(token, createPublicKey(keys[key].privateKey))).toBe(true);
    expect(holds(`${token.slice(0, -4)}AAAA`, createPublicKey(keys[key].privateKey))).toBe(false);
  });

  it('has claims with the variables of topics, and a lifetime', () => {
    const claims = { sub: '%c', unit: 'unit-%i', level: 3, admin: false };
    const token = new Tokens(planOf({ claims })).make(client, 1_000);
    expect(claimsOf(token)).toEqual({
      sub: 'device-7',
      unit: 'unit-7',
      level: 3,
      admin: false,
      iat: 1_000,
      exp: 1_060,
    });
  });

  it.each([
    ['nothing there', { file: join(folder, 'none') }, /read what tokens are signed with/],
    ['an empty secret', { file: write('empty', '\n') }, /is empty/],
    ['no key', { file: secret, kind: 'key' }, /has no private key in PEM/],
    ['Ed25519', { file: pem.ed, kind: 'key' }, /ed25519, which signs neither/],
    ['another curve', { file: pem.p384, kind: 'key' }, /ec, which signs neither/],
  ] as const)('is refused with %s', (_, over, says) => {
    expect(() => new Tokens(planOf(over))).toThrow(says);
  });

  it('is what a broker hears of each client, made anew for each connect', async () => {
    const connects: IConnectPacket[] = [];
    const broker = await ScriptedBroker.open((packet, peer) => {
      if (packet.cmd !== 'connect') return false;
      connects.push(packet);
      if (connects.length <= 3) setTimeout(() => peer.end(), 50);
      return false;
    });
    await playLoad(
      broker.port,
      {
        clients: 3,
        publish: undefined,
        username: 'user-%i',
        jwt: planOf({}),
        reconnect: { policy: 'fixed', firstMicros: 1_100_000, maxMicros: 1_100_000 },
      },
      { millis: 2_000, drainMillis: 10 },
    );
    broker.close();
    expect(connects).toHaveLength(6);
    const tokens = connects.map(({ password }) => String(password));
    for (const [i, token] of tokens.entries()) {
      expect(holds(token, 'your-256-bit-secret')).toBe(true);
      expect(claimsOf(token).sub).toBe(connects[i]?.clientId);
    }
    expect(new Set(tokens).size).toBe(6);
    const issued = tokens.map((token) => claimsOf(token).iat as number);
    expect(Math.min(...issued.slice(3))).toBeGreaterThan(Math.min(...issued.slice(0, 3)));
    expect(connects.map(({ username }) => username).sort()).toEqual([
      'user-0',
      'user-0',
      'user-1',
      'user-1',
      'user-2',
      'user-2',
    ]);
  });
});

describe('tokens', () => {
  const file = (jwt: string, version = 5) =>
    readScenario(
      `title: t\narms: [tcp]\nnetwork: none\nload: { mqttVersion: ${version}, duration: 1s, jwt: ${jwt} }\n`,
      'x.yaml',
    ).load;

  it('are asked for alike in a file and on the command line', async () => {
    const { jwt } = await planMeant(
      `conn -V 5 --jwt-secret ${secret} --jwt-claim sub=%i --jwt-lifetime 10m --jwt-as username`,
    );
    expect(file(`{ secret: ${secret}, claims: { sub: "%i" }, lifetime: 10m, as: username }`).jwt).toEqual(jwt);
    expect((await planMeant(`conn -u x --jwt-key ${pem.ec}`)).jwt).toEqual(
      file(`{ key: ${pem.ec} }, username: x`, 4).jwt,
    );
  });

  it.each([
    ['{ lifetime: 1h }', 5, /jwt\.lifetime: is of tokens: give jwt\.secret or jwt\.key/],
    ['{ secret: a, key: b }', 5, /jwt\.key: and jwt\.secret both sign/],
    ['{ secret: a, lifetime: 1500ms }', 5, /jwt\.lifetime: is whole seconds/],
    ['{ secret: a }', 4, /jwt\.secret: makes a password, and before MQTT 5.*give username/],
    ['{ secret: a, as: username }, username: b', 5, /jwt\.secret: makes the user name/],
  ])('are refused in a file where they cannot be: %s', (jwt, version, says) => {
    expect(() => file(jwt, version)).toThrow(says);
  });

  it.each([
    ['--jwt-secret none', /read what tokens are signed with/],
    [`--jwt-key ${secret}`, /has no private key in PEM/],
    ['--jwt-claim a=b', /--jwt-claim is of tokens: give --jwt-secret or --jwt-key/],
    [`--jwt-secret ${secret} --jwt-claim a`, /--jwt-claim "a" is not a name/],
    [`--jwt-secret ${secret} -u a -P b`, /--jwt-secret makes the password, and -P gives one/],
  ])('are refused on the command line: %s', async (flags, says) => {
    await expect(planMeant(`conn -V 5 ${flags}`)).rejects.toThrow(says);
  });
});
