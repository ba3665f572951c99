import { describe, expect, it } from 'vitest';
import { commandWithoutSecrets } from '../../../../src/cli/load/command-secrets.js';
import { planWithoutSecrets } from '../../../../src/cli/load/secrets.js';
import { readLine } from '../../../../src/cli/peers/line.js';
import { circumstanceDifferences } from '../../../../src/compare/circumstances.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import type { Result } from '../../../../src/result/types.js';
import { parseBrokerUrl } from '../../../../src/transport/url.js';

describe('what a result shows of the command line', () => {
  it.each([
    ['wss://host/mqtt?X-Amz-Signature=SECRET', 'wss://host/mqtt?(given)'],
    ['wss://host/mqtt#SECRET', 'wss://host/mqtt?(given)'],
    ['wss://host/a@b?X-Amz-Signature=SECRET@x', 'wss://host/a@b?(given)'],
    ['mqtt://SECRET:SECRET@host', 'mqtt://(given)@host'],
    ['mqtt://SECRET@host', 'mqtt://(given)@host'],
    ['mqtt://SECRET:SEC@RET@host', 'mqtt://(given)@host'],
    ['mqtt-quic://SECRET:SECRET@host', 'mqtt-quic://(given)@host'],
    ['SECRET:SECRET@host:1883', '(given)@host:1883'],
    ['--ssl SECRET:SECRET@host', '--ssl (given)@host'],
    ['--host=mqtt://SECRET:SECRET@host', '--host=mqtt://(given)@host'],
    ['-h mqtt://SECRET:SECRET@host', '-h mqtt://(given)@host'],
    ['-hmqtt://SECRET:SECRET@host', '-hmqtt://(given)@host'],
    ['-u SECRET', '-u (given)'],
    ['-uSECRET', '-u(given)'],
    ['-SuSECRET', '-Su(given)'],
    ['-Su SECRET -t a', '-Su (given) -t a'],
    ['--username SECRET', '--username (given)'],
    ['--username=SECRET', '--username=(given)'],
    ['-rSPSECRET', '-rSP(given)'],
    ['-SP SECRET', '-SP (given)'],
    ['-P -SECRET', '-P (given)'],
    ['--password=-SECRET=x', '--password=(given)'],
    ['--path=/mqtt?token=SECRET', '--path=/mqtt?(given)'],
    ['--path /mqtt?token=SECRET', '--path /mqtt?(given)'],
    ['-PSECRET', '-P(given)'],
    ['-P SECRET', '-P (given)'],
    ['--password=SECRET', '--password=(given)'],
    ['--password SECRET', '--password (given)'],
    ['--ws-header Authorization:SECRET', '--ws-header Authorization:(given)'],
    ['--ws-header=Authorization:SECRET', '--ws-header=Authorization:(given)'],
    ['--ws_header Authorization:SECRET', '--ws_header Authorization:(given)'],
    ['--ws-headers Authorization:SECRET', '--ws-headers Authorization:(given)'],
    ['-wh Authorization:SECRET', '-wh Authorization:(given)'],
    ['--user-property token=SECRET', '--user-property token=(given)'],
    ['--user-property=token=SECRET', '--user-property=token=(given)'],
    ['--publish-user-property token=SECRET', '--publish-user-property token=(given)'],
    ['--publish_user_property=token=SECRET', '--publish_user_property=token=(given)'],
    ['--user-properties token:SECRET', '--user-properties token:(given)'],
    ['-up token:SECRET', '-up token:(given)'],
    ['-Cup token:SECRET', '-Cup token:(given)'],
    ['--conn-user-properties token:SECRET', '--conn-user-properties token:(given)'],
    ['-t a/b?c', '-t a/b?c'],
    ['-t me@home/x -m what?', '-t me@home/x -m what?'],
    ['-tuP/x -C -P SECRET', '-tuP/x -C -P (given)'],
    ['-C SECRET:SECRET@host', '-C (given)@host'],
    ['-l mqtts -im 10 -h a,b', '-l mqtts -im 10 -h a,b'],
  ])('%s', (given, shown) => {
    const words = (line: string) => ['mqbench', 'pub', ...line.split(' ')];
    expect(commandWithoutSecrets(words(given))).toEqual(words(shown));
  });

  it('has no spelling of a secret that is read and not masked', () => {
    const spellings = [
      ...['-u', '--username', '-P', '--password', '--ws-header', '-wh', '--ws-headers', '--path'],
      ...['--user-property', '--publish-user-property', '-up', '--user-properties', '-Cup', '--conn-user-properties'],
    ];
    const value = (name: string) =>
      name === '--path' ? '/mqtt?t=SECRET' : /-[uP]$|name$|word$/.test(name) ? 'SECRET' : 'a:SECRET';
    for (const name of spellings) {
      for (const line of [
        [name, value(name)],
        ...(name.startsWith('--')
          ? [[`${name}=${value(name)}`], [name.replaceAll(/(?<=\w)-/g, '_'), value(name)]]
          : []),
        ...(/^-[uP]$/.test(name) ? [[`${name}${value(name)}`], [`-rS${name.slice(1)}`, value(name)]] : []),
      ]) {
        const read = readLine('pub', line).argv.join(' ');
        expect(read, line.join(' ')).toContain('SECRET'); // it is a spelling that is understood
        expect(commandWithoutSecrets(['mqbench', 'pub', ...line]).join(' ')).not.toContain('SECRET');
      }
    }
  });
});

it('the plan of a result has no user name, password, key, token, query or column of a feeder that may be one', () => {
  const plan = {
    target: { tls: { key: 'SECRET' }, ws: { path: '/mqtt?sig=SECRET', headers: { cookie: 'SECRET' } } },
    username: 'SECRET',
    password: 'SECRET',
    publish: { topic: 't', properties: { contentType: 'x', userProperties: { token: 'SECRET' } } },
    feed: [{ id: 'a', username: 'SECRET', topic: 't', password: 'SECRET', key: 'SECRET', token: 'SECRET' }],
    properties: { userProperties: { token: 'SECRET' } },
  } as unknown as LoadPlan;
  const shown = JSON.stringify(planWithoutSecrets(plan));
  expect(shown).not.toContain('SECRET');
  expect(shown).toContain('"path":"/mqtt?(given)"');
  expect(shown).toContain('"id":"a","username":"(given)","topic":"t"');
});

it('a URL that cannot be read is not repeated with its secrets', () => {
  const read = (): unknown => parseBrokerUrl('xyz://user:SECRET@host/mqtt?sig=SECRET');
  expect(read).toThrow(/there is no scheme xyz/);
  expect(read).not.toThrow(/SECRET/);
  expect(() => parseBrokerUrl('SECRET:SECRET@host:0')).toThrow(/"\(given\)@host:0" is not the URL/);
});

describe('results of two runs', () => {
  const of = (resolved: unknown): Result =>
    ({
      scenario: { name: 'pub', resolved },
      provenance: { machine: { memoryBytes: 1 }, packages: {}, workers: 1 },
    }) as unknown as Result;

  it('with CAs of their own are told apart by a digest, not by the certificates', () => {
    const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text.repeat(500)}\n-----END CERTIFICATE-----\n`;
    const [difference] = circumstanceDifferences(
      [of({ target: { tls: { ca: pem('a') } } })],
      [of({ target: { tls: { ca: pem('b') } } })],
    );
    expect(difference?.base).toMatch(/^target\.tls\.ca=PEM with SHA-256 [0-9a-f]{12}…$/);
    expect(difference?.head).not.toBe(difference?.base);
  });

  it('are alike whichever cells of the scenario were run', () => {
    expect(circumstanceDifferences([of({ clients: 5, only: '30ms' })], [of({ clients: 5 })])).toEqual([]);
    expect(circumstanceDifferences([of({ clients: 5, only: '30ms' })], [of({ clients: 6 })])).toHaveLength(1);
  });

  it('are alike whatever their clients are called', () => {
    const run = (own: string) =>
      of({ clientIdPrefix: `mqbench-pub-${own}-`, subscribe: { topic: `x/mqbench-pub-${own}-%i` } });
    expect(circumstanceDifferences([run('abcd')], [run('efgh')])).toEqual([]);
  });
});
