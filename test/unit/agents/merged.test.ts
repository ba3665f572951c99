import { afterEach, beforeEach, expect, it } from 'vitest';
import { AgentCrew } from '../../../src/agents/office/crew.js';
import { Office } from '../../../src/agents/office/office.js';
import { Random } from '../../../src/base/numbers/random.js';
import type { Role } from '../../../src/base/process/role.js';
import { mergeSegments } from '../../../src/load/merge/merged.js';
import type { WorkerReport } from '../../../src/load/messages.js';
import { Segment } from '../../../src/load/segment.js';
import { FakeWire } from '../../helpers/fake-channel.js';
import { infoFor, startScripted } from '../../helpers/scripted-agents.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';
import { planFor } from '../../truth/plan.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

/** Latencies of 30,000 messages as they were recorded, from a tenth of a millisecond to minutes. */
function recorded(): number[] {
  const random = new Random(11);
  return Array.from({ length: 30_000 }, () => Math.round(100 * 10 ** (random.next() * 6)));
}

/** What a worker reports that had every n-th of them. */
function reportOf(samples: readonly number[], worker: number, workers: number): WorkerReport {
  const segment = new Segment(null, 0);
  for (let i = worker; i < samples.length; i += workers) {
    const micros = samples[i] as number;
    segment.counts.sent++;
    segment.counts.received++;
    segment.ack.record(micros);
    segment.e2e.record(micros * 2);
    segment.noteArrival(1_000_000 + i);
  }
  return { fleet: 0, share: { worker, workers }, segments: [segment.toData(60e6)] } as unknown as WorkerReport;
}

it('what three agents report over a channel of small parts is what one process has, bucket for bucket and count for count', async () => {
  const samples = recorded();
  const wire = new FakeWire();
  const names = ['alpha', 'beta', 'gamma'];
  for (const name of names)
    startScripted(wire, infoFor(name), {
      answer: ({ worker, method }) => (method === 'collect' ? reportOf(samples, worker, 3) : null),
    });
  const office = new Office(wire.open('office', 2_000), { by: 'ann@here' });
  const hiring = office.hire(names.map((name) => infoFor(name)));
  await clock.pass(3_000);
  const agents = await hiring;
  const plan = planFor(1883);
  const briefing = office.brief(agents, [plan]);
  await clock.pass(100);
  await briefing;
  const roles = new AgentCrew(agents, [plan], 0).staff(3);
  const all = <T>(method: string): Promise<T[]> => Promise.all(roles.map((role: Role) => role.call<T>(method, {})));
  const collecting = all('start').then(() => all<WorkerReport>('collect'));
  await clock.pass(200);
  const reports = await collecting;
  expect(reports).toHaveLength(3);
  const merged = mergeSegments(reports, 60e6, () => true);
  const alone = mergeSegments([reportOf(samples, 0, 1)], 60e6, () => true);
  expect(merged.counts).toEqual(alone.counts);
  expect(merged.counts.sent).toBe(30_000);
  for (const [name, histogram] of alone.histograms) {
    if (histogram.count === 0) continue;
    expect(merged.histograms.get(name)?.toData()).toEqual(histogram.toData());
  }
  expect([merged.firstArrival, merged.lastArrival]).toEqual([alone.firstArrival, alone.lastArrival]);
  const closing = office.close();
  await clock.pass(600);
  await closing;
});
