import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell, Result } from '../../src/result/types.js';
import { cellIn, noNats, workersBelow } from '../helpers/agents.js';
import { hubAddress, Machines, machinesMissing } from '../helpers/machines.js';
import { tellSkipped } from '../helpers/skipped.js';

const missing = noNats ?? tellSkipped('agents on machines with clocks of their own', machinesMissing());
/** What the kernel sets the clocks of these machines ahead of the coordinator's, seconds. */
const clocks = { alpha: 137, beta: -2, gamma: 0 };
const folder = mkdtempSync(join(tmpdir(), 'mqbench-apart-'));

describe.skipIf(missing)('agents in network namespaces whose clocks stand apart', { timeout: 180_000 }, () => {
  let machines: Machines;
  beforeAll(async () => {
    machines = await Machines.open(clocks);
  });
  afterAll(() => {
    machines?.close();
    rmSync(folder, { recursive: true });
  });

  const result = join(folder, 'r.json');
  const on = ['--agents', `nats://${hubAddress}:4222`, '--agents-min', '3', '--quiet', '--json', result];

  it('start at one time, and measure from one to another what their bound allows', async () => {
    const load = ['--pattern', 'fan-out', '--pubs', '3', '--subs', '30', '--rate', '60', '-q', '1', '--duration', '6s'];
    const { code, output } = await machines.mqbench('pubsub', '-h', hubAddress, ...on, ...load);
    expect(`${output.includes('MQB_')} ${code}`).toBe('false 0');
    const { agents = [], clockBoundMicros = Number.NaN, ledger, metrics, counters } = cellIn(folder);
    // The truth is what the kernel was told.
    for (const { name, clock } of agents) {
      const { offsetMicros = Number.NaN, boundMicros = Number.NaN } = clock ?? {};
      const set = -clocks[name as keyof typeof clocks] * 1e6;
      expect(Math.abs(offsetMicros - set)).toBeLessThanOrEqual(boundMicros);
      expect(boundMicros).toBeLessThan(20_000); // and not just because anything is allowed
    }
    expect(agents.map(({ name }) => name)).toEqual(['alpha', 'beta', 'gamma']);
    expect(ledger[0]).toMatchObject({ offered: 360, sent: 360, received: 10_800, missing: 0, verdict: 'kept' });
    // Nothing is lost to the difference of clocks, and nothing is measured by it: a second would be seen, 137 s more so.
    expect(counters['messages.otherClock']).toBe(0);
    const { e2e, ack } = { e2e: metrics.distributions['delivery.e2e'], ack: metrics.distributions['publish.ack'] };
    expect(e2e?.count).toBe(10_800);
    expect(e2e?.max).toBeLessThan((ack?.max ?? 0) + 500_000);
    expect(clockBoundMicros).toBeGreaterThan(0);
    expect(output).toMatch(/latencies from end to end between two of them are ± [\d.]+ ms/);
    // First publishes: what is late on all machines alike is this one that is busy.
    for (const { firstLateMicros = Number.NaN } of agents) expect(firstLateMicros).toBeLessThan(200_000);
  });

  it('an agent whose cable is out for 5 s ends its load within 2 s, and the run names it', async () => {
    const load = ['-t', 'a/%c', '-c', '30', '--rate', '100', '--duration', '30s', '-q', '1'];
    const began = performance.now();
    const running = machines.mqbench('pub', '-h', hubAddress, ...on, ...load);
    await machines.agents[1]?.sees('runs a load');
    const own = (): number[] => workersBelow(machines.agents[1]?.pid);
    await expect.poll(own, { interval: 100 }).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const cut = performance.now();
    machines.cable(1, false);
    setTimeout(() => machines.cable(1, true), 5_000);
    await expect.poll(own, { interval: 50 }).toEqual([]);
    expect(performance.now() - cut).toBeLessThan(2_500);
    const { code, output } = await running;
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(output).toMatch(/the agent beta \(.*\) is lost: nothing was heard of it for 1\.\d+ s/);
    expect(code).toBe(4);
    const cell = cellIn(folder);
    expect(cell.error?.code).toBe('MQB_AGENT_LOST');
    expect(cell.metrics.distributions['publish.ack']?.count).toBeGreaterThan(50);
  });

  it('each has a damaged network of its own, in which events of a scenario happen at its own time', async () => {
    // The one whose cable was out joins again by itself.
    const list = async (): Promise<string> =>
      (await machines.mqbench('agents', '--agents', `nats://${hubAddress}:4222`)).output;
    await expect.poll(list, { timeout: 30_000 }).toMatch(/alpha[\s\S]*beta[\s\S]*gamma/);
    writeFileSync(
      join(folder, 'apart.yaml'),
      `title: Two agents behind links of their own
arms: [tcp]
brokers: [{ name: hub, url: { tcp: "mqtt://${hubAddress}:1883" } }]
network: { rtt: 40ms }
lab: { backend: tun }
load:
  clients: 20
  connectRate: 20/s
  duration: 10s
  subscribe: { topic: "a/%i" }
  publish: { topic: "a/%i", rate: 100/s }
  reconnect: { first: 200ms, max: 1s }
  deadAfter: 3s
timeline:
  - { at: 3s, do: blackout, for: 1s }
  - { at: 6s, do: rebind }
`,
    );
    const { code, output } = await machines.mqbench(
      'run',
      join(folder, 'apart.yaml'),
      '--agents',
      `nats://${hubAddress}:4222`,
      '--agents-min',
      '3',
      '--out',
      join(folder, 'out'),
    );
    const [name = ''] = readdirSync(join(folder, 'out'));
    const { cells } = JSON.parse(readFileSync(join(folder, 'out', name, 'result.json'), 'utf8')) as Result;
    const [cell] = cells as [Cell];
    expect(`${output} ${cell.status}`).toMatch(/finished$/);
    // Twice the way through the link, there and back, is the least that anything takes from one client to another.
    expect(cell.metrics.distributions['publish.ack']?.min).toBeGreaterThan(40_000);
    expect(cell.metrics.distributions['delivery.e2e']?.min).toBeGreaterThan(40_000);
    expect(cell.calibration?.rttP50Micros).toBeGreaterThan(40_000);
    expect(cell.agents?.map(({ connected }) => connected)).toEqual([7, 7, 6]);
    const [dark, rebind] = cell.events;
    expect(dark?.atMicros).toBeGreaterThan(2.9e6);
    expect(dark?.atMicros).toBeLessThan(4e6);
    // Each has lost the packets of its own clients, and has moved their flows.
    for (const agent of Object.keys(clocks))
      expect(Number(rebind?.proof[`${agent}.conntrackBefore`])).toBeGreaterThan(0);
    expect(rebind?.metrics?.values['clients.survived']).toBe(0); // TCP does not outlive its address
    expect(rebind?.metrics?.values['clients.reconnected']).toBe(20);
    expect(cell.doubts.map((one) => one.code)).not.toContain('event-unseen');
    expect(cell.link?.up?.packetsIn).toBeGreaterThan(1000);
    expect([0, 10]).toContain(code);
  });
});
