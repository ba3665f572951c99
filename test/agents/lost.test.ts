import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import {
  cellIn,
  endAgents,
  isWorker,
  type Nats,
  noNats,
  startAgents,
  startCut,
  startNats,
  workersBelow,
} from '../helpers/agents.js';
import { type RunningCli, startCli } from '../helpers/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-lost-'));
/** From the death to the name of the dead on the terminal. */
const longestMillis = 2_000;
/** A cell that is broken off asks those that are left what they measured, for a second each. */
const salvageMillis = 6_000;

let nats: Nats;
let broker: BrokerHandle;
let agents: RunningCli[];

beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', listeners: { tcp: { port: 0 } } });
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** A load for a minute on the agents that joined, with 30 clients that publish 300 messages a second. */
function startLoad(more: readonly string[] = []): RunningCli {
  const at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port), '-t', 'a/%c', '-q', '1'];
  const load = ['-c', '30', '--rate', '300', '--duration', '60s', '--json', 'r.json', '--prometheus', '127.0.0.1:0'];
  return startCli(['pub', ...at, ...load, '--agents', nats.url, '--agents-min', '3', ...more], { cwd: folder });
}

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/** All clients are in, and messages flow. */
async function flowing(load: RunningCli): Promise<void> {
  await load.sees('metrics ');
  await pause(3_500);
}

/** Resolves when none of these is there any more. @returns how long that took, ms */
async function gone(pids: readonly number[]): Promise<number> {
  const began = performance.now();
  await expect.poll(() => pids.filter(isWorker), { timeout: 10_000, interval: 50 }).toEqual([]);
  return performance.now() - began;
}

describe.skipIf(noNats)('a load on three agents', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    nats = await startNats();
    agents = await startAgents(nats, ['alpha', 'beta', 'gamma']);
  });
  afterEach(async () => {
    await endAgents(agents);
    await nats.close();
  });

  it('fails, and says which it was, when one of them is killed; the others are free again', async () => {
    const load = startLoad();
    await flowing(load);
    const workers = workersBelow(...agents.map(({ child }) => child.pid));
    expect(workers).toHaveLength(3);
    agents[1]?.child.kill('SIGKILL');
    const began = performance.now();
    const { code, stderr, stdout } = await load.ended;
    expect(performance.now() - began).toBeLessThan(longestMillis + salvageMillis);
    expect(stderr).toMatch(/the agent beta \(.*\) is lost: nothing was heard of it for 1\.\d+ s/);
    expect(code).toBe(4);
    const cell = cellIn(folder);
    expect(cell.status).toBe('failed');
    expect(cell.error?.code).toBe('MQB_AGENT_LOST');
    expect(cell.agents?.map(({ name, lost }) => [name, lost !== undefined])).toEqual([
      ['alpha', false],
      ['beta', true],
      ['gamma', false],
    ]);
    expect(stdout).toMatch(/beta on .*: LOST with 10 clients/);
    // What the others measured is there, and marked as a part.
    expect(cell.metrics.distributions['publish.ack']?.count).toBeGreaterThan(100);
    expect(cell.doubts.map((doubt) => doubt.code)).toContain('partial');
    await gone(workers);
    await Promise.all([0, 2].map((i) => agents[i]?.sees('is free again')));
  });

  it('goes on without it where that is allowed, with a doubt, and no promise is judged', async () => {
    const load = startLoad(['--agents-may-lose', '34%', '--duration', '12s']);
    await flowing(load);
    agents[1]?.child.kill('SIGKILL');
    const killed = performance.now();
    // Who watches is told when it happens, and not when the run is over.
    await load.sees(/the agent beta .* is lost: .*; the load goes on without its 10 clients/);
    expect(performance.now() - killed).toBeLessThan(longestMillis);
    const { code, stdout } = await load.ended;
    const cell = cellIn(folder);
    expect(cell.status).toBe('finished');
    expect(cell.doubts).toContainEqual(
      expect.objectContaining({
        code: 'agent-lost',
        message: expect.stringMatching(/^10 of 30 clients were lost with their agents: the agent beta /),
      }),
    );
    expect(cell.agents?.map(({ connected }) => connected)).toEqual([10, undefined, 10]);
    expect(cell.ledger.map(({ verdict }) => verdict)).toEqual(['no-data']);
    // Two thirds of the messages of 12 s are those of the two that stayed.
    expect(cell.metrics.values['messages.sent'] ?? cell.ledger[0]?.sent).toBe(2400);
    // What the lost one had used until then is used, and not taken back.
    const costs = cell.phases?.flatMap(({ resources }) => resources.map((one) => one.cpuUserMicros)) ?? [];
    expect(Math.min(...costs)).toBeGreaterThanOrEqual(0);
    expect(stdout).toContain('LOST with 10 clients');
    expect(code).toBe(0);
  });

  it('fails when the NATS server is killed, and nothing is left on the agents within 2 s', async () => {
    const load = startLoad();
    await flowing(load);
    const workers = workersBelow(...agents.map(({ child }) => child.pid));
    nats.child.kill('SIGKILL');
    expect(await gone(workers)).toBeLessThan(longestMillis);
    const { code, stderr } = await load.ended;
    expect(stderr).toContain('the connection to the NATS server is lost');
    expect(code).toBe(4);
    expect(cellIn(folder).error?.code).toBe('MQB_AGENT_SERVER');
  });

  it('ends on all agents within 2 s when its coordinator is killed', async () => {
    const load = startLoad();
    await flowing(load);
    const workers = workersBelow(...agents.map(({ child }) => child.pid));
    expect(workers).toHaveLength(3);
    load.child.kill('SIGKILL');
    expect(await gone(workers)).toBeLessThan(longestMillis);
    await Promise.all(agents.map((agent) => agent.sees('its coordinator is not heard any more')));
  });

  it('loses an agent that is cut off for 5 s, which stops its load by itself and does not come back into it', async () => {
    const way = await startCut(nats);
    try {
      const [delta] = await startAgents(way, ['delta'], ['--label', 'way=cut']);
      agents.push(delta as RunningCli);
      const load = startLoad(['--agents-min', '4', '--agents-may-lose', '34%', '--duration', '12s']);
      await flowing(load);
      const workers = workersBelow(delta?.child.pid);
      expect(workers).toHaveLength(1);
      way.cut(true);
      expect(await gone(workers)).toBeLessThan(longestMillis);
      setTimeout(() => way.cut(false), 3_500);
      const { code } = await load.ended;
      const cell = cellIn(folder);
      expect(cell.status).toBe('finished');
      expect(cell.agents?.filter(({ lost }) => lost !== undefined).map(({ name }) => name)).toEqual(['delta']);
      expect(cell.doubts.map((doubt) => doubt.code)).toContain('agent-lost');
      expect(workersBelow(delta?.child.pid)).toEqual([]);
      expect(code).toBe(0);
    } finally {
      way.close();
    }
  });
});
