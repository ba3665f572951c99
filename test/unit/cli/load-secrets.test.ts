import { describe, expect, it } from 'vitest';
import { commandWithoutSecrets, planWithoutSecrets } from '../../../src/cli/load-secrets.js';
import { circumstanceDifferences } from '../../../src/compare/circumstances.js';
import type { LoadPlan } from '../../../src/load/contract.js';
import type { Result } from '../../../src/result/types.js';
import { parseBrokerUrl } from '../../../src/transport/url.js';

describe('what a result shows of the command line', () => {
  it.each([
    ['wss://host/mqtt?X-Amz-Signature=SECRET', 'wss://host/mqtt?(given)'],
    ['wss://host/mqtt#SECRET', 'wss://host/mqtt?(given)'],
    ['mqtt://user:SECRET@host', 'mqtt://user:(given)@host'],
    ['mqtt://user:SEC@RET@host', 'mqtt://user:(given)@host'],
    ['mqtt-quic://user:SECRET@host', 'mqtt-quic://user:(given)@host'],
    ['--path=/mqtt?token=SECRET', '--path=/mqtt?(given)'],
    ['--path /mqtt?token=SECRET', '--path /mqtt?(given)'],
    ['-PSECRET', '-P(given)'],
    ['-P SECRET', '-P (given)'],
    ['--password=SECRET', '--password=(given)'],
    ['--password SECRET', '--password (given)'],
    ['--ws-header Authorization:SECRET', '--ws-header Authorization:(given)'],
    ['--ws-header=Authorization:SECRET', '--ws-header=Authorization:(given)'],
    ['--user-property token=SECRET', '--user-property token=(given)'],
    ['-t a/b?c', '-t a/b?c'],
  ])('%s', (given, shown) => {
    expect(commandWithoutSecrets(given.split(' ')).join(' ')).toBe(shown);
  });
});

it('the plan of a result has no password, key, token, query or column of a feeder that may be one', () => {
  const plan = {
    target: { key: 'SECRET', ws: { path: '/mqtt?sig=SECRET', headers: { cookie: 'SECRET' } } },
    password: 'SECRET',
    feed: [{ id: 'a', username: 'u', topic: 't', password: 'SECRET', key: 'SECRET', token: 'SECRET' }],
    properties: { userProperties: { token: 'SECRET' } },
  } as unknown as LoadPlan;
  const shown = JSON.stringify(planWithoutSecrets(plan));
  expect(shown).not.toContain('SECRET');
  expect(shown).toContain('"path":"/mqtt?(given)"');
  expect(shown).toContain('"id":"a","username":"u","topic":"t"');
});

it('a URL that cannot be read is not repeated with its secrets', () => {
  const read = (): unknown => parseBrokerUrl('xyz://user:SECRET@host/mqtt?sig=SECRET');
  expect(read).toThrow(/there is no scheme xyz/);
  expect(read).not.toThrow(/SECRET/);
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
      [of({ target: { ca: pem('a') } })],
      [of({ target: { ca: pem('b') } })],
    );
    expect(difference?.base).toMatch(/^target\.ca=PEM with SHA-256 [0-9a-f]{12}…$/);
    expect(difference?.head).not.toBe(difference?.base);
  });

  it('are alike whatever their clients are called', () => {
    const run = (own: string) =>
      of({ clientIdPrefix: `mqbench-pub-${own}-`, subscribe: { topic: `x/mqbench-pub-${own}-%i` } });
    expect(circumstanceDifferences([run('abcd')], [run('efgh')])).toEqual([]);
  });
});
