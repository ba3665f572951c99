import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Credentials,
  credentialsText,
  credentialsWord,
  parseCredentials,
  readCredentials,
} from '../../../src/agents/nats/server/credentials.js';
import { makeKeyring } from '../../../src/agents/nats/server/keyring.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));

const keyring = await makeKeyring(['agent-1'], ['10.0.0.1']);
const agent: Credentials = { ...(keyring.agents[0] as Credentials), server: 'tls://10.0.0.1:4222' };

/** What is said of a file with these changes. */
function wrong(changes: Record<string, unknown>): string {
  const text = JSON.stringify({ ...JSON.parse(credentialsText(agent)), ...changes });
  try {
    parseCredentials(text, 'agent-1.json');
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

describe('credentials', () => {
  it.for([
    ['an agent', agent],
    ['a coordinator', keyring.coordinator],
    ['an agent of a server without TLS', { name: 'a', seed: agent.seed }],
  ] as const)(
    'of %s are read as they were written, from a file, from one word, and from a file with that word',
    ([, credentials]) => {
      writeFileSync(join(folder, 'one.json'), credentialsText(credentials));
      writeFileSync(join(folder, 'one.word'), `${credentialsWord(credentials)}\n`);
      const whose = credentials.name === undefined ? 'coordinator' : 'agent';
      const wanted = JSON.parse(JSON.stringify(credentials));
      expect(readCredentials('one.json', folder, whose)).toEqual(wanted);
      expect(readCredentials('one.word', folder, whose)).toEqual(wanted);
      expect(readCredentials(credentialsWord(credentials), folder, whose)).toEqual(wanted);
    },
  );

  it('fit on a command line', () => {
    expect(credentialsWord(agent)).toMatch(/^mqb1\.[\w-]+$/);
    expect(credentialsWord(agent).length).toBeLessThan(2000);
  });

  it('that are wrong are told with everything that is wrong with them, and without the secret', () => {
    expect(wrong({})).toBe('nothing');
    const said = wrong({
      mqbench: 'a key',
      name: 'a b',
      server: 'http://x',
      seed: agent.seed.slice(1),
      ca: 'PEM',
      x: 1,
    });
    expect(said).toMatchInlineSnapshot(
      `"agent-1.json: mqbench: says neither "credentials of an agent" nor "credentials of a coordinator"; name: is no name of an agent: letters, digits, - and _, 63 at most; server: is no address of a NATS server, e.g. tls://10.0.0.1:4222; seed: is no seed of a user: SU and 56 characters of A-Z and 2-7; ca: is no certificate (PEM); nothing is called x"`,
    );
    expect(said).not.toContain(agent.seed.slice(1));
    expect(wrong({ seed: undefined })).toContain('seed: is missing');
    expect(wrong({ name: undefined })).toBe('agent-1.json: an agent has a name, and a coordinator has none');
  });

  it('of which a part is missing are told as that', () => {
    const word = credentialsWord(agent);
    expect(() => readCredentials(word.slice(0, -40), folder, 'agent')).toThrow(
      'what is given as credentials ends too early: a part of it was not copied',
    );
    expect(() => parseCredentials('-----BEGIN NATS USER JWT-----', 'x.creds')).toThrow(
      'x.creds is no file of credentials (JSON)',
    );
    expect(() => readCredentials('none.json', folder, 'agent')).toThrow(/read none\.json: ENOENT/);
  });

  it('of somebody else are told as that', () => {
    writeFileSync(join(folder, 'agent.json'), credentialsText(agent));
    writeFileSync(join(folder, 'boss.json'), credentialsText(keyring.coordinator));
    expect(() => readCredentials('agent.json', folder, 'coordinator')).toThrow(
      'agent.json has the credentials of the agent agent-1, and those of a coordinator are needed',
    );
    expect(() => readCredentials('boss.json', folder, 'agent')).toThrow(
      'boss.json has the credentials of a coordinator, and those of an agent are needed',
    );
  });
});
