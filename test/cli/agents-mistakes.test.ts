import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isServerAddress } from '../../src/agents/nats/channel.js';
import { runCli } from '../helpers/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-agents-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const load = ['pub', '-h', '127.0.0.1', '-t', 'a', '--quiet'];

it.each([
  ['', false],
  ['http://load1:4222', false],
  ['ws://load1:4222', false],
  ['nats://load1:99999', false],
  ['nats://load1:0', false],
  ['nats://', false],
  ['nats://a b', false],
  ['listen', false],
  ['listen:10.0.0.1', false],
  ['nats://load1', true],
  ['TLS://load1:4222', true],
  ['load1:4222', true],
  ['nats://[2001:db8::1]:4222', true],
])('"%s" is an address of a NATS server: %s', (text, is) => expect(isServerAddress(text)).toBe(is));

it.each([
  ['an agent that is told to listen', ['agent', '--join', 'listen'], /"listen" is no address of a NATS server/],
  [
    'an address without a host',
    ['agents', '--agents', 'nats://'],
    /is no address of a NATS server\n.*nats:\/\/host:4222/,
  ],
  ['a port that there is not', [...load, '--agents', 'tls://h:99999'], /"tls:\/\/h:99999" is no address/],
  ['a port to listen on', [...load, '--agents', 'listen:127.0.0.1:99999'], /--agents listen: 99999 is no port/],
  [
    'a target with a scheme',
    ['agent', '--join', 'nats://h', '--allow', 'mqtt://b:1883'],
    /--allow: .* is not a target\n.*broker\.example:1883/,
  ],
  [
    'hosts that are none',
    ['agents-keys', 'k', '--host', 'tls://a', '--host', 'b:4222', '--bind', 'x y'],
    /"tls:\/\/a", "b:4222", "x y"\n.*without a port/,
  ],
])('%s is told at once, with what would be right', async (_, args, says) => {
  const { code, stderr, tookMs } = await runCli(args, { cwd: folder });
  expect(stderr).toMatch(says);
  expect(code).toBe(2);
  expect(tookMs).toBeLessThan(5_000);
  expect(existsSync(join(folder, 'k'))).toBe(false);
});
