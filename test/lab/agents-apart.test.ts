import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
});
