import { expect, it } from 'vitest';
// @ts-expect-error a program without types
import { ScriptedFleet } from '../../scripts/bench/measure/scripted-agents.mjs';
import { AgentCrew } from '../../src/agents/office/crew.js';
import { Office } from '../../src/agents/office/office.js';
import { Coordinator } from '../../src/load/coordinator.js';
import { FakeWire } from '../helpers/fake-channel.js';
import { atRate } from '../helpers/plans.js';
import { planFor, sleep } from './plan.js';

const agents = 1000;
/** A minute with MQBENCH_AGENTS_SECONDS=60. */
const seconds = Number(process.env.MQBENCH_AGENTS_SECONDS ?? 4);

it(`a coordinator leads ${agents} agents for ${seconds} s, hears every step of each, and adds up what they report`, async () => {
  const wire = new FakeWire(() => 1);
  const fleet = new ScriptedFleet(wire.open('fleet'), agents);
  const office = new Office(wire.open('office'), { by: 'ann@here' });
  try {
    const infos = await office.roll(5_000, agents);
    expect(infos).toHaveLength(agents);
    const hired = await office.hire(infos);
    const base = planFor(1883, { clients: agents * 100, warmupClients: 0, connectRate: 1e6 });
    const plan = { ...base, publish: base.publish && { ...base.publish, pace: atRate(agents * 100) } };
    await office.brief(hired, [plan]);
    const crew = new AgentCrew(hired, [plan], 0);
    office.employ(crew);
    const before = office.traffic;
    const load = await Coordinator.start(plan, { crew });
    let broken: unknown;
    load.failed.catch((error) => {
      broken = error;
    });
    expect(await load.connectAll()).toEqual({ connected: agents * 100, failed: 0 });
    const from = process.cpuUsage();
    await sleep(seconds * 1000);
    const used = process.cpuUsage(from);
    const report = await load.collect();
    const { sent } = await load.totals();
    expect(broken).toBeUndefined();
    // What they told step by step, and what they reported in the end, is the same number of messages of each.
    expect(report.metrics.distributions['publish.ack']?.count).toBe(report.ledger[0]?.sent);
    // A busy machine makes fewer of the steps; of those that were made none is lost.
    expect(report.ledger[0]?.sent).toBeGreaterThan(agents * 20 * 5);
    expect(report.workers).toHaveLength(agents);
    expect(sent).toBeGreaterThanOrEqual(report.ledger[0]?.sent ?? 0);
    const { series } = report.timeline;
    const whole = (series.acknowledged ?? []).filter((count) => count === agents * 20);
    expect(whole.length).toBeGreaterThan(4);
    const { saidBytes, heardBytes } = office.traffic;
    const perSecond = (bytes: number): number => Math.round(bytes / agents / seconds);
    process.stderr.write(
      `${agents} agents, ${seconds} s: an agent says ${perSecond(heardBytes - before.heardBytes)} B/s and hears ${perSecond(saidBytes - before.saidBytes)} B/s; both ends together used ${((used.user + used.system) / 1e6 / seconds).toFixed(2)} processors, and the coordinator was held up for ${(office.heldUpMicros / 1000).toFixed(0)} ms at most\n`,
    );
    await load.close();
  } finally {
    fleet.close();
    await office.close();
  }
});
