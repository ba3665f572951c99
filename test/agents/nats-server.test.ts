import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection, nkeyAuthenticator, nkeys, type Subscription } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { openNats } from '../../src/agents/nats/channel.js';
import { type Credentials, readCredentials } from '../../src/agents/nats/server/credentials.js';
import { readKeys, writeKeys } from '../../src/agents/nats/server/folder.js';
import { agentNames, makeKeyring } from '../../src/agents/nats/server/keyring.js';
import { findNatsServer } from '../../src/agents/nats/server/program.js';
import { type NatsServer, startNatsServer } from '../../src/agents/nats/server/server.js';
import { fromAgent, toAgent, toAll, toAsker } from '../../src/agents/subjects.js';
import { freePort } from '../helpers/free-port.js';
import { tellSkipped } from '../helpers/skipped.js';

const missing = tellSkipped(
  'the NATS server of agents',
  await findNatsServer().then(
    () => undefined,
    (error: Error) => error.message,
  ),
);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function server(agents = 2, more: { host?: string; port?: number } = {}): Promise<NatsServer> {
  const keyring = await makeKeyring(agentNames(agents));
  const started = await startNatsServer({ port: 0, ...more, keyring });
  undo.push(() => started.close());
  return started;
}

interface Client {
  readonly connection: NatsConnection;
  /** What the server has refused it since. */
  readonly refused: string[];
}

async function joined({ server: url = '', seed, ca }: Credentials, trust = ca): Promise<Client> {
  const connection = await connect({
    servers: url,
    reconnect: false,
    timeout: 3000,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
    ...(trust === undefined ? {} : { tls: { ca: trust } }),
  });
  undo.push(() => connection.close());
  const refused: string[] = [];
  void (async () => {
    for await (const status of connection.status())
      if (status.type === 'error') refused.push(String(status.error.message));
  })();
  return { connection, refused };
}

/** What comes on a subject, as long as the test goes on. */
function heard({ connection }: Client, subject: string): { texts: string[]; subscription: Subscription } {
  const texts: string[] = [];
  const callback = (error: Error | null, message: { subject: string; string(): string }): void => {
    if (error === null) texts.push(`${message.subject} ${message.string()}`);
  };
  return { texts, subscription: connection.subscribe(subject, { callback }) };
}

const agent = (started: NatsServer, index: number): Credentials => started.agents[index] as Credentials;

describe.skipIf(missing !== undefined)('the NATS server that is started for agents', () => {
  it('lets an agent hear what is said to it and to all, and the coordinator what agents say', async () => {
    const started = await server();
    const boss = await joined(started.coordinator);
    const one = await joined(agent(started, 0));
    const all = heard(one, toAll);
    const own = heard(one, toAgent('agent-1'));
    const answers = heard(boss, toAsker('c1'));
    await Promise.all([one.connection.flush(), boss.connection.flush()]);
    boss.connection.publish(toAll, 'who?');
    boss.connection.publish(toAgent('agent-1'), 'you');
    boss.connection.publish(toAgent('agent-2'), 'not you');
    one.connection.publish(fromAgent('agent-1', 'c1'), 'me');
    await Promise.all([one.connection.flush(), boss.connection.flush()]);
    await expect
      .poll(() => [all.texts, own.texts, answers.texts])
      .toEqual([['mqb.all who?'], ['mqb.to.agent-1 you'], ['mqb.from.agent-1.c1 me']]);
    expect([...one.refused, ...boss.refused]).toEqual([]);
  });

  it('lets no agent speak for another, give orders, or listen to what is said to others', async () => {
    const started = await server();
    const boss = await joined(started.coordinator);
    const answers = heard(boss, 'mqb.from.*.*');
    await boss.connection.flush();
    const thief = await joined(agent(started, 0));
    const orders = [toAgent('agent-2'), 'mqb.to.*', 'mqb.>', '>', 'mqb.from.*.*', '$SYS.>'].map((subject) =>
      heard(thief, subject),
    );
    const subjects = [fromAgent('agent-2', 'c1'), toAgent('agent-2'), toAll, 'mqb.from.agent-1', 'other'];
    for (const subject of subjects) thief.connection.publish(subject, 'stolen');
    await thief.connection.flush();
    boss.connection.publish(toAgent('agent-2'), 'secret');
    await boss.connection.flush();
    thief.connection.publish(fromAgent('agent-1', 'c1'), 'own');
    await thief.connection.flush();
    await expect.poll(() => answers.texts).toEqual(['mqb.from.agent-1.c1 own']);
    const published = thief.refused.filter((text) => /publish/i.test(text));
    for (const subject of subjects) expect(published.join('\n')).toContain(`"${subject}"`);
    expect(thief.refused.filter((text) => /subscription/i.test(text))).toHaveLength(orders.length);
    expect(orders.flatMap(({ texts }) => texts)).toEqual([]);
  });

  it('lets the coordinator not speak as an agent either', async () => {
    const started = await server();
    const boss = await joined(started.coordinator);
    boss.connection.publish(fromAgent('agent-1', 'c1'), 'not me');
    await boss.connection.flush();
    await expect.poll(() => boss.refused.join()).toContain('mqb.from.agent-1.c1');
  });

  it('refuses a key that it does not know, and who has none', async () => {
    const started = await server();
    const stranger = new TextDecoder().decode(nkeys.createUser().getSeed());
    await expect(joined({ ...agent(started, 0), seed: stranger })).rejects.toThrow(/authorization/i);
    await expect(connect({ servers: started.url, reconnect: false, tls: { ca: started.coordinator.ca ?? '' } }))
      .rejects //
      .toThrow(/authorization/i);
  });

  it('refuses plain text, and is refused by who does not trust its certificate', async () => {
    const started = await server();
    const other = await makeKeyring([]);
    await expect(joined(agent(started, 0), other.certificates?.ca)).rejects.toThrow(/certificate|signature|tls/i);
    const said = await plainText(started.port);
    expect(said).toContain('"tls_required":true');
    expect(said).not.toContain('PONG');
  });

  it('is not spoken to in plain text by who asks for TLS, by the address or by an authority to trust', async () => {
    const keyring = { ...(await makeKeyring(agentNames(1))), certificates: undefined };
    const started = await startNatsServer({ port: 0, keyring });
    undo.push(() => started.close());
    const { port, coordinator } = started;
    const { seed, ca } = coordinator;
    const plain = `nats://127.0.0.1:${port}`;
    for (const [url, credentials] of [
      [plain.replace('nats:', 'tls:'), { seed }],
      [plain, { seed, ca }],
    ] as const)
      await expect(openNats({ url, name: 'x', credentials })).rejects.toMatchObject({
        code: 'MQB_AGENT_KEY',
        exitCode: 3,
        message: expect.stringContaining('speaks no TLS'),
      });
    const channel = await openNats({ url: plain, name: 'x', credentials: { seed } });
    await channel.close();
  });

  it('listens on loopback alone unless it is told otherwise', async () => {
    const { port, url } = await server();
    expect(url).toBe(`tls://127.0.0.1:${port}`);
    expect(listeners(port)).toEqual(['0100007F']);
  });

  it('is ended, and nothing is left of it', async () => {
    const before = leftovers();
    const started = await server();
    expect(leftovers()).toEqual(before); // also not while it runs
    await started.close();
    await started.close();
    expect(existsSync(`/proc/${started.pid}`)).toBe(false);
    expect(listeners(started.port)).toEqual([]);
    expect(leftovers()).toEqual(before);
  });

  it('is gone with who started it, also when he is killed, and nothing is left', async () => {
    const before = leftovers();
    const path = new URL('nats-owner.mjs', import.meta.url).pathname;
    const owner = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => owner.stdout.once('data', (data) => resolve(String(data))));
    const { pid, port } = JSON.parse(line) as { pid: number; port: number };
    expect(listeners(port)).toEqual(['0100007F']);
    owner.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    expect(leftovers()).toEqual(before);
  });

  it('tells when it is killed', async () => {
    const started = await server();
    process.kill(started.pid, 'SIGKILL');
    await expect(started.failed).rejects.toMatchObject({
      code: 'MQB_AGENT_SERVER',
      message: expect.stringContaining('SIGKILL'),
    });
  });

  it('says which port is taken, and which address is none of this machine', async () => {
    const port = await freePort();
    await server(1, { port });
    await expect(server(1, { port })).rejects.toMatchObject({ code: 'MQB_PORT_IN_USE', exitCode: 3 });
    await expect(server(1, { host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'MQB_NATS_START',
      exitCode: 3,
      message: expect.stringContaining('192.0.2.1'),
    });
  });
});

describe.skipIf(missing !== undefined)('a folder of keys', () => {
  const makeFolder = async (agents: number, days?: number): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-keys-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'keys');
    const listening = { host: '127.0.0.1', port: await freePort() };
    const url = `tls://127.0.0.1:${listening.port}`;
    await writeKeys(path, await makeKeyring(agentNames(agents), [], days), { url, listening });
    return path;
  };

  it('is what nats-server starts with by itself, and what its agents join with', async () => {
    const folder = await makeFolder(2);
    const child = spawn((await findNatsServer()).path, ['-c', join(folder, 'nats-server.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    undo.push(() => child.kill('SIGKILL'));
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (text: Buffer) => String(text).includes('Server is ready') && resolve());
    });
    const boss = await joined(readCredentials('coordinator.json', folder, 'coordinator'));
    const one = await joined(readCredentials('agent-2.json', folder, 'agent'));
    const answers = heard(boss, toAsker('c'));
    await boss.connection.flush();
    one.connection.publish(fromAgent('agent-1', 'c'), 'no');
    one.connection.publish(fromAgent('agent-2', 'c'), 'yes');
    await expect.poll(() => answers.texts).toEqual(['mqb.from.agent-2.c yes']);
  });

  it('serves run after run: who joined the last one joins the next', async () => {
    const folder = await makeFolder(11);
    const agent11 = readCredentials('agent-11.json', folder, 'agent');
    for (let run = 0; run < 2; run++) {
      const started = await startNatsServer({ port: 0, keyring: await readKeys(folder) });
      expect(started.agents.map(({ name }) => name)).toEqual(agentNames(11));
      const { connection } = await joined({ ...agent11, server: started.url });
      await connection.close();
      await started.close();
    }
  });

  it('is for its owner alone, and is not written over', async () => {
    const folder = await makeFolder(1);
    const modes = readdirSync(folder).map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8));
    expect(new Set([...modes, (statSync(folder).mode & 0o777).toString(8)])).toEqual(new Set(['600', '700']));
    const again = writeKeys(folder, await makeKeyring(['a']), { url: 'tls://h:1', listening: { host: '::', port: 1 } });
    await expect(again).rejects.toMatchObject({ code: 'MQB_USAGE', message: expect.stringContaining('already') });
  });

  it('that is none, lacks a file, or is too old is told as that', async () => {
    const none = { code: 'MQB_CREDENTIALS', exitCode: 2 };
    await expect(readKeys('/nowhere')).rejects.toMatchObject(none);
    const folder = await makeFolder(1);
    rmSync(join(folder, 'key.pem'));
    await expect(readKeys(folder)).rejects.toMatchObject({ ...none, message: expect.stringContaining('key.pem') });
    const old = await makeFolder(1, -0.01);
    await expect(readKeys(old)).rejects.toMatchObject({ ...none, message: expect.stringContaining('was valid until') });
  });
});

/** What a server says to somebody who goes on without TLS, until it hangs up. */
function plainText(port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connectTcp(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') socket.write('CONNECT {"verbose":true}\r\nPING\r\n');
      said += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
  });
}

/** Addresses that listen on a port, as the kernel writes them. */
function listeners(port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1),
  );
  return rows
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(wanted) && state === '0A')
    .map(([, local = '']) => local.split(':')[0] ?? '');
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('mqbench-nats-'));
