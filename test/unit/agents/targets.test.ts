import { describe, expect, it } from 'vitest';
import { isAllowed, isTarget, refusalOf } from '../../../src/agents/agent/targets.js';
import { targets } from '../../../src/cli/agent/options.js';
import { planFor } from '../../truth/plan.js';

const to = (text: string): { host: string; port: number } => {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(text) ?? [];
  return { host, port: Number(port) };
};

describe('an agent whose owner has said nothing', () => {
  it.each([
    '127.0.0.1:1883',
    'localhost:1',
    '10.1.2.3:8883',
    '172.16.0.1:1',
    '172.31.9.9:1',
    '192.168.0.9:1',
    '::1:1',
    'fd00::1:1',
  ])('loads %s', (target) => expect(isAllowed(to(target), ['private'])).toBe(true));
  it.each([
    '8.8.8.8:1883',
    '169.254.169.254:80',
    'fe80::1:1',
    '172.15.0.1:1',
    '172.32.0.1:1',
    '11.0.0.1:1',
    '192.169.0.1:1',
    '2001:db8::1:1',
    'broker:1883',
    '10.example:1',
    '127.0.0.1.example:1',
    'localhost.example:1',
  ])('does not load %s', (target) => expect(isAllowed(to(target), ['private'])).toBe(false));
});

it.each([
  ['broker.example:1883', 'broker.example:1883', true],
  ['Broker.Example:1883', 'broker.example:1883', true],
  ['broker.example:1883', 'broker.example:8883', false],
  ['broker.example:*', 'broker.example:8883', true],
  ['broker.example:*', 'xbroker.example:8883', false],
  ['[2001:db8::1]:1883', '2001:db8::1:1883', true],
  ['any', '8.8.8.8:1', true],
])('--allow %s: %s may be loaded: %s', (allow, target, is) => {
  expect(isAllowed(to(target), [allow])).toBe(is);
});

it.each(['any', 'private', 'broker.example:1883', 'broker:*', '10.0.0.1:65535', '[2001:db8::1]:1883', '[::1]:*'])(
  '--allow %s is understood',
  (text) => expect(isTarget(text)).toBe(true),
);
it.each([
  '',
  'broker',
  'broker:',
  'broker:0',
  'broker:65536',
  'mqtt://broker:1883',
  'ann@broker:1883',
  '10.0.0.0/8:1883',
  '2001:db8::1:1883',
  '[broker]:1883',
  'broker:1883,other:1883',
  'broker :1883',
  ':1883',
  '*:1883',
  'Any',
])('--allow "%s" is refused, as it would allow nothing', (text) => {
  expect(isTarget(text)).toBe(false);
  expect(() => targets(text)).toThrow(`"${text}" is not a target`);
});

it('a load with several targets is refused as a whole, and each that is not allowed is named with the remedy', () => {
  const plan = planFor(1883);
  const hosts = ['127.0.0.1:1', '8.8.8.8:2', 'broker:3'].map(to);
  const refusal = refusalOf([{ ...plan, target: { ...plan.target, hosts } }], 'alpha', ['private']);
  expect(refusal).toMatchObject({
    code: 'MQB_AGENT_TARGET',
    message: 'the agent alpha may not load 8.8.8.8:2, broker:3: its owner allows private',
    hint: 'start it with --allow 8.8.8.8:2 --allow broker:3',
    exitCode: 3,
  });
});

it('a load that would read, write or run files of the agent is refused, and each is named', () => {
  const plan = planFor(1883);
  const { publish, target } = plan;
  const payload = { kind: 'hook', file: '/a.mjs', timeoutMicros: 1e6 } as const;
  const refusal = refusalOf(
    [
      {
        ...plan,
        publish: publish && { ...publish, payload },
        psk: { identity: '%c', file: '/keys' },
        jwt: { file: '/secret', kind: 'secret', claims: {}, lifetimeSeconds: 1, as: 'password' },
        target: { ...target, ticketsFile: '/tickets', tls: { keyLogFile: '/log' } },
      },
    ],
    'alpha',
    ['any'],
  );
  expect(refusal?.code).toBe('MQB_AGENT_FILES');
  for (const file of ['/a.mjs', '/keys', '/secret', '/tickets', '/log'])
    expect(refusal?.message).toContain(`(${file})`);
});
