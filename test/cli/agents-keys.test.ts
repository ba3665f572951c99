import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readCredentials } from '../../src/agents/nats/server/credentials.js';
import { readKeys } from '../../src/agents/nats/server/folder.js';
import { certificateCovers } from '../../src/transport/tls/certs.js';
import { runCli } from '../helpers/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('agents-keys makes a folder of keys, says what is done with it, and leaves one that is there alone', async () => {
  const words = 'agents-keys keys --agents 2 --host nats --host 10.0.0.1 --bind 0.0.0.0 --port 4333 --at /keys'.split(
    ' ',
  );
  const made = await runCli(words, { cwd: folder });
  expect(made.stdout).toMatchInlineSnapshot(`
    "keys has keys of 2 agents and of a coordinator; whoever has one is that agent
    server  nats-server -c keys/nats-server.conf
    agent   mqbench agent --join tls://nats:4333 --creds FILE   with a FILE of its own: agent-1.json … agent-2.json
    run     mqbench pub … --agents tls://nats:4333 --agents-creds keys/coordinator.json
    "
  `);
  expect([made.code, made.stderr]).toEqual([0, '']);
  const keys = join(folder, 'keys');
  expect(readdirSync(keys)).toHaveLength(7);
  expect(readCredentials('agent-2.json', keys, 'agent')).toMatchObject({ name: 'agent-2', server: 'tls://nats:4333' });
  const { certificates } = await readKeys(keys);
  for (const host of ['nats', '10.0.0.1', 'localhost'])
    expect(certificateCovers(certificates?.cert ?? '', host)).toBe(true);
  const configuration = JSON.parse(readFileSync(join(keys, 'nats-server.conf'), 'utf8'));
  expect(configuration).toMatchObject({ host: '0.0.0.0', port: 4333, tls: { cert_file: '/keys/cert.pem' } });

  const again = await runCli(words, { cwd: folder });
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('cannot write keys to');
  expect(await readKeys(keys)).toMatchObject({ coordinator: { server: 'tls://nats:4333' } });
});
