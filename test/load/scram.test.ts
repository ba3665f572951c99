import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type { IConnectPacket, Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { Scram } from '../../src/load/client/credentials/scram.js';
import { readScenario } from '../../src/scenario/read.js';
import { planMeant } from '../helpers/plan-meant.js';
import { playLoad } from '../helpers/play-load.js';
import { type Peer, ScriptedBroker } from '../helpers/scripted-broker.js';

// None of the brokers that are tested here has a method of enhanced authentication. So this is tried against the example of RFC 7677,
// and against a server of a few lines, which keeps what a server of SCRAM keeps (RFC 5802, section 3) and no password.

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const iterations = 4096;
const stored = (() => {
  const salted = pbkdf2Sync('pencil', salt, iterations, 32, 'sha256');
  return { storedKey: sha256(hmac(salted, 'Client Key')), serverKey: hmac(salted, 'Server Key') };
})();

/** A server that knows every user by the same password, "pencil". */
function server(over: { readonly proof?: string; readonly challenge?: string } = {}) {
  const connects: IConnectPacket[] = [];
  const users: string[] = [];
  const begun = new Map<Peer, string>();
  const method = { authenticationMethod: 'SCRAM-SHA-256' };
  const script = (packet: Packet, peer: Peer): boolean => {
    if (packet.cmd === 'connect') {
      connects.push(packet);
      const bare = String(packet.properties?.authenticationData).replace(/^n,,/, '');
      const [, user = '', nonce = ''] = /^n=([^,]*),r=(.*)$/.exec(bare) ?? [];
      users.push(user);
      const challenge = over.challenge ?? `r=${nonce}server,s=${salt.toString('base64')},i=${iterations}`;
      begun.set(peer, `${bare},${challenge}`);
      peer.write({
        cmd: 'auth',
        reasonCode: 0x18,
        properties: { ...method, authenticationData: Buffer.from(challenge) },
      });
      return true;
    }
    if (packet.cmd !== 'auth') return false;
    const said = String(packet.properties?.authenticationData);
    const [, withoutProof = '', proof = ''] = /^(c=biws,r=[^,]+),p=(.+)$/.exec(said) ?? [];
    const message = `${begun.get(peer)},${withoutProof}`;
    const clientKey = xor(Buffer.from(proof, 'base64'), hmac(stored.storedKey, message));
    const holds = timingSafeEqual(sha256(clientKey), stored.storedKey);
    const signature = over.proof ?? `v=${hmac(stored.serverKey, message).toString('base64')}`;
    const properties = holds ? { ...method, authenticationData: Buffer.from(signature) } : undefined;
    peer.write({
      cmd: 'connack',
      reasonCode: holds ? 0 : 0x87,
      sessionPresent: false,
      ...(properties ? { properties } : {}),
    });
    return true;
  };
  return { script, connects, users };
}

describe('SCRAM-SHA-256', () => {
  it('says what the example of RFC 7677 has', () => {
    const scram = new Scram('user', 'pencil', () => 'rOprNGfwEbeRWgbNEkqO');
    expect(scram.first().toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const challenge = Buffer.from(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
    expect(scram.next(challenge).toString()).toBe(`c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`);
    expect(() => scram.finish(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))).not.toThrow();
    for (const wrong of ['v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'v=', 'e=invalid-proof', '']) {
      expect(() => scram.finish(Buffer.from(wrong))).toThrow(/without a proof/);
    }
    expect(() => scram.finish(undefined)).toThrow(/without a proof/);
  });

  it('writes commas and equals signs of a user name as the RFC says', () => {
    expect(new Scram('a,b=c', 'p', () => 'x').first().toString()).toBe('n,,n=a=2Cb=3Dc,r=x');
  });

  it.each([
    ['', /no challenge/],
    ['r=other,s=AAAA,i=4096', /a nonce that is not its own/],
    ['r=mine,s=AAAA,i=4096', /a nonce that is not its own/],
    ['r=mine+,s=AAAA,i=0', /no challenge/],
    ['r=mine+,i=4096', /no challenge/],
    ['r=mine+,s=AAAA,i=1000001', /1000001 iterations/],
  ])('goes on with no challenge like %s', (challenge, says) => {
    const scram = new Scram('user', 'pencil', () => 'mine');
    scram.first();
    expect(() => scram.next(Buffer.from(challenge))).toThrow(says);
  });

  it('lets clients in, at each of their connects, and CONNECT has neither user name nor password', async () => {
    const { script, connects, users } = server();
    let peers = 0;
    const broker = await ScriptedBroker.open((packet, peer) => {
      if (packet.cmd === 'auth' && ++peers <= 3) setTimeout(() => peer.end(), 50);
      return script(packet, peer);
    });
    const report = await playLoad(
      broker.port,
      {
        ...{ clients: 3, mqttVersion: 5, publish: undefined, username: 'user-%i', password: 'pencil' },
        authMethod: 'SCRAM-SHA-256',
        reconnect: { policy: 'fixed', firstMicros: 100_000, maxMicros: 100_000 },
      },
      { millis: 1_500, drainMillis: 10 },
    );
    broker.close();
    expect(report.errors.filter(({ code }) => code !== 'MQB_CLOSED')).toEqual([]);
    expect(connects).toHaveLength(6);
    expect(connects.every(({ username, password }) => username === undefined && password === undefined)).toBe(true);
    expect([...users].sort()).toEqual(['user-0', 'user-0', 'user-1', 'user-1', 'user-2', 'user-2']);
    const nonces = connects.map(({ properties }) => String(properties?.authenticationData).split('r=')[1]);
    expect(new Set(nonces).size).toBe(6);
  });

  it.each([
    ['another password', {}, 'eraser', 'MQB_CONNACK_135'],
    ['a server without a proof', { proof: 'v=AAAA' }, 'pencil', 'MQB_AUTH'],
    ['a challenge that is none', { challenge: 'hello' }, 'pencil', 'MQB_AUTH'],
  ])('lets nobody in with %s, and says so', async (_, over, password, code) => {
    const { script } = server(over);
    const broker = await ScriptedBroker.open(script);
    const plan = { clients: 2, mqttVersion: 5, publish: undefined, username: 'u', password } as const;
    const report = await playLoad(
      broker.port,
      { ...plan, authMethod: 'SCRAM-SHA-256', reconnect: undefined },
      { millis: 300, drainMillis: 10 },
    );
    broker.close();
    expect(report.errors).toEqual([expect.objectContaining({ code, count: 2 })]);
  });
});

describe('the method', () => {
  const file = (load: string) =>
    readScenario(`title: t\narms: [tcp]\nnetwork: none\nload: { duration: 1s, ${load} }\n`, 'x.yaml').load;
  const method = 'authMethod: SCRAM-SHA-256';

  it('is asked for alike in a file and on the command line', async () => {
    const { authMethod } = await planMeant('conn -V 5 -u a -P b --auth-method SCRAM-SHA-256');
    expect(authMethod).toBe('SCRAM-SHA-256');
    process.env.MQBENCH_TEST_PASSWORD = 'b';
    expect(file(`${method}, mqttVersion: 5, username: a, password: $MQBENCH_TEST_PASSWORD`).authMethod).toBe(
      authMethod,
    );
  });

  it.each([
    [`${method}, username: a, password: $P`, /authMethod: is of MQTT 5/],
    [`${method}, mqttVersion: 5, username: a`, /authMethod: needs a password: give password/],
    [`${method}, mqttVersion: 5`, /authMethod: needs a user name: give username/],
    [
      `${method}, mqttVersion: 5, username: a, jwt: { secret: s }`,
      /authMethod: proves a password, and jwtSecret|jwt.secret sends/,
    ],
  ])('is refused in a file where it cannot be: %s', (load, says) => {
    expect(() => file(load)).toThrow(says);
  });

  it('is refused on the command line without what it proves', async () => {
    await expect(planMeant('conn -V 5 --auth-method SCRAM-SHA-256')).rejects.toThrow(
      /--auth-method needs a user name: give -u/,
    );
    await expect(planMeant('conn -u a -P b --auth-method SCRAM-SHA-256')).rejects.toThrow(
      /--auth-method is of MQTT 5: add -V 5/,
    );
  });
});
