import { describe, expect, it } from 'vitest';
import { HeldLab, ownTime } from '../../../src/agents/agent/held-lab.js';
import type { AgentInfo, LabOrder } from '../../../src/agents/messages.js';
import type { HiredAgent } from '../../../src/agents/office/hired.js';
import { AgentLabs } from '../../../src/agents/office/labs.js';
import { MqbenchError } from '../../../src/base/errors.js';
import type { LabSpec } from '../../../src/lab/contract.js';
import { eventDoubts } from '../../../src/run/doubts/events.js';
import { infoFor } from '../../helpers/scripted-agents.js';

const spec: LabSpec = { profile: { up: {}, down: {} }, seed: 7, clientAddresses: 2 };

/** An agent whose network answers as it is told, and what it was asked. */
function agent(name: string, answers: Partial<Record<LabOrder['what'], unknown>>, over: Partial<AgentInfo> = {}) {
  const asked: LabOrder[] = [];
  const hired = {
    info: infoFor(name, { lab: true, ...over }),
    ...{ name, lost: undefined, labFailed: new Promise<never>(() => {}) },
    lab: async (order: LabOrder) => {
      asked.push(order);
      const answer = answers[order.what];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { hired: hired as unknown as HiredAgent, asked };
}

const facts = {
  backend: 'tun',
  description: { kernel: 'x' },
  clientAddresses: ['10.0.0.1'],
  serverAddress: '10.0.0.9',
};
const acts = (...times: readonly (readonly [number, number])[]) =>
  times.map(([beganMicros, endedMicros]) => ({ beganMicros, endedMicros }));

/** A rebind that moved the flows, or did not. */
const rebind = (began: number, outer: string, flows: number, pathMicros = 500) => ({
  kind: 'rebind',
  ...{ atMicros: began, tookMicros: 10, acts: acts([began, began + 10]), pathMicros },
  facts: { conntrackBefore: flows, outerBefore: ['9.9.9.1'], outerAfter: [outer] },
});

describe('the networks of two agents as one', () => {
  it('are opened with losses of their own, and what happens to both is told with when it happened to each', async () => {
    const one = agent('alpha', { open: facts, event: rebind(1_000, '9.9.9.2', 3) });
    const other = agent('beta', { open: facts, event: rebind(1_400, '9.9.9.3', 4, 900) });
    const labs = await AgentLabs.open([one.hired, other.hired], spec);
    expect([one, other].map(({ asked }) => asked[0]?.spec?.seed)).toEqual([7, 8]);
    const proof = await labs.event({ kind: 'rebind' } as never);
    expect(proof).toMatchObject({
      ...{ atMicros: 1_000, tookMicros: 410, pathMicros: 900, acts: acts([1_000, 1_010], [1_400, 1_410]) },
      apart: {
        alpha: { acts: acts([1_000, 1_010]), pathMicros: 500 },
        beta: { acts: acts([1_400, 1_410]), pathMicros: 900 },
      },
    });
    expect(proof.facts).toMatchObject({
      conntrackBefore: 7,
      outerAfter: ['9.9.9.2', '9.9.9.3'],
      'beta.conntrackBefore': 4,
    });
    const when = { acts: proof.acts, pathMicros: proof.pathMicros, apart: proof.apart };
    expect(ownTime(when, 'beta').acts).toEqual(acts([1_400, 1_410]));
    expect(ownTime({ acts: proof.acts, pathMicros: 1 }, 'beta').acts).toEqual(proof.acts);
  });

  it('an event that one of them has not seen is doubted, with its name', async () => {
    const labs = await AgentLabs.open(
      [
        agent('alpha', { open: facts, event: rebind(1, '9.9.9.2', 3) }).hired,
        agent('beta', { open: facts, event: rebind(1, '9.9.9.1', 3) }).hired,
      ],
      spec,
    );
    const { facts: shown } = await labs.event({ kind: 'rebind' } as never);
    const [doubt, ...others] = eventDoubts([{ name: 'rebind', atMicros: 1, proof: { kind: 'rebind', ...shown } }]);
    expect(doubt).toMatchObject({
      code: 'event-unseen',
      message: expect.stringMatching(/^rebind on the agent beta: /),
    });
    expect(others).toEqual([]);
  });

  it('are counted together, and calibrated by the worse of them', async () => {
    const counters = (packetsIn: number) => ({ up: { packetsIn }, down: { packetsIn: 2 * packetsIn } });
    const measured = (rttP50Micros: number) => ({ packets: 200, lost: 1, reordered: 0, rttP50Micros, rttP95Micros: 5 });
    const labs = await AgentLabs.open(
      [
        agent('alpha', { open: facts, counters: counters(10), calibrate: measured(100), close: [] }).hired,
        agent('beta', { open: facts, counters: counters(5), calibrate: measured(300), close: ['way out: busy'] }).hired,
      ],
      spec,
    );
    expect(await labs.counters()).toEqual({ up: { packetsIn: 15 }, down: { packetsIn: 30 } });
    expect(await labs.calibrate()).toMatchObject({ packets: 400, lost: 2, rttP50Micros: 300 });
    expect(await labs.close()).toEqual(['beta: way out: busy']);
  });

  it('are none when one cannot: the other is taken away again', async () => {
    const one = agent('alpha', { open: facts, close: [] });
    const other = agent('beta', { open: new MqbenchError('MQB_LAB_RIGHTS', 'no'), close: [] });
    await expect(AgentLabs.open([one.hired, other.hired], spec)).rejects.toMatchObject({ code: 'MQB_LAB_RIGHTS' });
    expect(one.asked.map(({ what }) => what)).toEqual(['open', 'close']);
  });

  it('are none where an owner does not allow it, and nobody is asked', async () => {
    const [one, other] = [agent('alpha', {}), agent('beta', {}, { lab: undefined })];
    await expect(AgentLabs.open([one.hired, other.hired], spec)).rejects.toMatchObject({
      code: 'MQB_AGENT_LAB',
      message: 'beta may not make a network of its own',
      exitCode: 3,
    });
    expect(one.asked).toEqual([]);
  });
});

it('an agent makes none for a coordinator that does not ask whether it may', async () => {
  const held = new HeldLab(
    false,
    () => 0,
    () => {},
  );
  await expect(held.obey({ what: 'open', spec })).rejects.toMatchObject({ code: 'MQB_AGENT_LAB' });
  await expect(held.obey({ what: 'counters' })).rejects.toMatchObject({ code: 'MQB_LAB_DIED' });
  expect(await held.close()).toEqual([]);
});
