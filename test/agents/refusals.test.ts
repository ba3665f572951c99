import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNats } from '../../src/agents/nats/channel.js';
import { agentNames, makeKeyring } from '../../src/agents/nats/server/keyring.js';
import { startNatsServer } from '../../src/agents/nats/server/server.js';
import { Office } from '../../src/agents/office/office.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { cellIn, endAgents, type Nats, noNats, startAgents, startNats } from '../helpers/agents.js';
import { type RunningCli, runCli, startCli, startHere } from '../helpers/cli.js';
import { freePort } from '../helpers/free-port.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-refused-'));
let nats: Nats;
let broker: BrokerHandle;
let agents: RunningCli[];
afterAll(() => rmSync(folder, { recursive: true }));

const pub = (...more: string[]): string[] => {
  const at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
  return ['pub', ...at, '-t', 'a/%c', '-c', '10', '--rate', '100', '--duration', '1s', '--quiet', ...more];
};

describe.skipIf(noNats)('with two agents', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    [nats, broker] = await Promise.all([
      startNats(),
      startBroker({ host: '127.0.0.1', listeners: { tcp: { port: 0 } } }),
    ]);
    const [a, b] = await Promise.all([
      startAgents(nats, ['alpha'], ['--label', 'zone=a', '--allow', '127.0.0.1:*']),
      startAgents(nats, ['beta'], ['--label', 'zone=b']),
    ]);
    agents = [...a, ...b];
  });
  afterAll(async () => {
    await endAgents(agents);
    await Promise.all([nats?.close(), broker?.close()]);
  });

  it.each([
    [
      'no server',
      () => pub('--agents', 'nats://127.0.0.1:1'),
      3,
      /no NATS server at nats:\/\/127\.0\.0\.1:1: .*refused/,
      /--agents listen/,
    ],
    [
      'too few',
      () => pub('--agents', nats.url, '--agents-min', '3'),
      3,
      /2 of the 3 agents that are needed are at nats/,
      /mqbench agent --join nats/,
    ],
    [
      'too few of the label',
      () => pub('--agents', nats.url, '--agents-min', '2', '--agents-select', 'zone=a'),
      3,
      /1 of the 2 agents that are needed is at .*; beta has zone=b, and not zone=a/,
      /mqbench agents/,
    ],
    [
      'a target that an owner does not allow',
      () => ['pub', '-h', '203.0.113.1', ...pub('--agents', nats.url).slice(5)],
      3,
      /the agent alpha may not load 203\.0\.113\.1:1883: its owner allows 127\.0\.0\.1:\*; the agent beta may not load .*: its owner allows private/,
      /--allow 203\.0\.113\.1:1883/,
    ],
    [
      'an option without --agents',
      () => pub('--agents-min', '3'),
      2,
      /--agents-min is of --agents, which is not given/,
      /--agents nats/,
    ],
    [
      'workers of this machine',
      () => pub('--agents', nats.url, '--workers', '2'),
      2,
      /--workers is of load workers of this machine/,
      /mqbench agent --workers/,
    ],
    [
      'addresses of this machine',
      () => pub('--agents', nats.url, '--ifaddr', '127.0.0.2'),
      2,
      /--ifaddr names addresses of this machine/,
      /leave it out/,
    ],
    [
      'a password in the address',
      () => pub('--agents', 'nats://ann:secret@127.0.0.1:4222'),
      2,
      /no name or password in it: nats:\/\/…@127\.0\.0\.1:4222\n/,
      /--agents-creds/,
    ],
    [
      'more than an agent holds',
      () => pub('--agents', nats.url, '-c', '60000', '--rate', '1'),
      3,
      /on the agent alpha, 30,000 clients need/,
      /more agents/,
    ],
  ])('%s is told before anything starts', async (_, args, exit, says, remedy) => {
    const { code, stderr, stdout } = await runCli(args(), { cwd: folder });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(remedy);
    expect(stdout).toBe('');
    expect(code).toBe(exit);
    // They are free for the next.
    expect((await runCli(['agents', '--agents', nats.url, '--wait', '300ms'])).stdout).not.toContain('runs a load');
  });

  it('one load has all of them, and who comes meanwhile is told whose it is', async () => {
    const first = startHere(pub('--agents', nats.url, '--duration', '12s'), { cwd: folder });
    const isBusy = async () =>
      (await runCli(['agents', '--agents', nats.url, '--wait', '200ms'])).stdout.match(/runs a load/g);
    await expect.poll(isBusy).toHaveLength(2);
    const second = await runCli(pub('--agents', nats.url), { cwd: folder });
    expect(second.stderr).toMatch(/0 of the 1 agents .*; alpha runs a load of .+@.+; beta runs a load of /);
    expect(second.code).toBe(3);
    expect((await first.ended).code).toBe(0);
  });

  it('a selected one does it alone', async () => {
    const { code } = await runCli(pub('--agents', nats.url, '--agents-select', 'zone=b', '--json', 'r.json'), {
      cwd: folder,
    });
    expect(cellIn(folder).agents?.map(({ name, clients }) => [name, clients])).toEqual([['beta', 10]]);
    expect(code).toBe(0);
  });

  it('a scenario plays its cells on them, and its result says so', async () => {
    writeFileSync(
      join(folder, 'two.yaml'),
      `title: Two cells on two agents
arms: [tcp, ws]
network: none
agents: { url: "${nats.url}", min: 2 }
load:
  clients: 20
  duration: 2s
  subscribe: { topic: "a/%i" }
  publish: { topic: "a/%i", rate: 100/s }
expect: ["publish.ack.count == 200"]
`,
    );
    const { code, stderr } = await runCli(['run', 'two.yaml', '--out', 'out'], { cwd: folder });
    expect(stderr).not.toContain('failed');
    const [name = ''] = readdirSync(join(folder, 'out'));
    const result = JSON.parse(readFileSync(join(folder, 'out', name, 'result.json'), 'utf8')) as Result;
    expect(result.provenance.agents?.map((one) => one.name)).toEqual(['alpha', 'beta']);
    for (const cell of result.cells) {
      expect(cell.status).toBe('finished');
      expect(cell.agents?.map(({ clients, connected }) => [clients, connected])).toEqual([
        [10, 10],
        [10, 10],
      ]);
      expect(cell.ledger[0]).toMatchObject({ offered: 200, received: 200, verdict: 'kept' });
    }
    expect(result.cells).toHaveLength(2);
    expect(code).toBe(0);
  });

  it('a scenario with a network and a broker of this machine is refused', async () => {
    writeFileSync(join(folder, 'lab.yaml'), 'title: x\narms: [tcp]\nnetwork: lan\nload: { clients: 1 }\n');
    const { code, stderr } = await runCli(['run', 'lab.yaml', '--agents', nats.url], { cwd: folder });
    expect(stderr).toMatch(
      /a broker of this run would be in a network of this machine, which alpha, beta cannot reach/,
    );
    expect(code).toBe(3);
  });
});

describe.skipIf(noNats)('a NATS server with keys', { timeout: 120_000 }, () => {
  it('lets nobody in without one, who is told what is missing', async () => {
    const server = await startNatsServer({ keyring: await makeKeyring(agentNames(1)), port: 0 });
    try {
      const { code, stderr } = await runCli(['agents', '--agents', server.url]);
      expect(stderr).toMatch(/the certificate of the NATS server tls:\/\/127\.0\.0\.1:\d+ is not trusted here: /);
      expect(stderr).toContain('--creds of mqbench agent, --agents-creds elsewhere');
      expect(code).toBe(3);
      // The authority alone is no key, and neither is a key of another server.
      const { ca } = server.coordinator;
      const { coordinator } = await makeKeyring([]);
      for (const credentials of [{ ca }, { ca, seed: coordinator.seed }])
        await expect(openNats({ url: server.url, name: 'nobody', credentials })).rejects.toMatchObject({
          code: 'MQB_AGENT_KEY',
          message: expect.stringContaining('does not let in'),
          exitCode: 3,
        });
      // An agent's key is none of a coordinator: it may not ask who is there.
      const [own] = server.agents;
      const office = new Office(await openNats({ url: server.url, name: 'agent-1', credentials: own }), { by: 'x' });
      await expect(office.roll(5_000)).rejects.toThrow(/lets this key neither say nor hear what is needed/);
      await office.close();
    } finally {
      await server.close();
    }
  });

  it('is started by --agents listen, prints what agents are to type, and ends with the run', async () => {
    broker = await startBroker({ host: '127.0.0.1', listeners: { tcp: { port: 0 } } });
    const port = await freePort();
    const load = startCli(pub('--agents', `listen:127.0.0.1:${port}`, '--agents-min', '2', '--json', 'r.json'), {
      cwd: folder,
    });
    let joined: RunningCli[] = [];
    try {
      await load.sees('waiting for agents: 0 of 2');
      const lines = load.said().match(/mqbench agent --join \S+ --creds \S+/g) ?? [];
      expect(lines).toHaveLength(2);
      joined = lines.map((line) => startCli([...line.split(' ').slice(1), '--workers', '1', '--once']));
      const { code, stderr } = await load.ended;
      expect(stderr).toContain(`tls://127.0.0.1:${port}`);
      expect(code).toBe(0);
      const cell = cellIn(folder);
      expect(cell.agents?.map(({ name, clients }) => [name, clients])).toEqual([
        ['agent-1', 5],
        ['agent-2', 5],
      ]);
      expect(cell.ledger[0]).toMatchObject({ offered: 100, sent: 100 });
      // With the server gone there is nothing left to wait for.
      for (const { code } of await Promise.all(joined.map(({ ended }) => ended))) expect(code).toBe(0);
    } finally {
      await endAgents(joined);
      await broker.close();
    }
  });
});
