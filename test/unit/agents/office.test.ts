import { describe, expect, it } from 'vitest';
import { Speaker } from '../../../src/agents/channel/wire.js';
import type { AgentInfo } from '../../../src/agents/messages.js';
import { AgentCrew } from '../../../src/agents/office/crew.js';
import type { HiredAgent } from '../../../src/agents/office/hired.js';
import { Office } from '../../../src/agents/office/office.js';
import { fromAgent } from '../../../src/agents/subjects.js';
import { MqbenchError } from '../../../src/base/errors.js';
import type { Role } from '../../../src/base/process/role.js';
import { officeHere } from '../../helpers/office-here.js';
import { infoFor, type ScriptedAgent, startScripted } from '../../helpers/scripted-agents.js';
import { planFor } from '../../truth/plan.js';

const here = officeHere();

/** Waits for it, for so much virtual time. */
async function within<T>(millis: number, promise: Promise<T>): Promise<T> {
  promise.catch(() => {}); // told by whoever awaits it
  await here.clock.pass(millis);
  return promise;
}

const plan = planFor(1883, { clients: 30 });
const agentsOf = (...names: string[]): ScriptedAgent[] => names.map((name) => startScripted(here.wire, infoFor(name)));

async function hireAll(...infos: AgentInfo[]): Promise<HiredAgent[]> {
  return within(3_000, here.office.hire(infos));
}

/** Roles of a load on these agents, after they were told of it. */
async function employ(hired: readonly HiredAgent[], mayLose = 0): Promise<{ crew: AgentCrew; roles: Role[] }> {
  await within(100, here.office.brief(hired, [plan]));
  const crew = new AgentCrew(hired, [plan], mayLose);
  here.office.employ(crew);
  const roles = crew.staff(crew.size);
  return { crew, roles };
}

const errorOf = (promise: Promise<unknown>): Promise<MqbenchError> =>
  promise.then(
    () => new MqbenchError('NONE', 'it was fulfilled'),
    (error) => error,
  );

describe('the roll', () => {
  it('names every agent that is there, in order, and none that is too far', async () => {
    agentsOf('beta', 'alpha', 'late');
    here.wire.way = (from) => (from === 'late-1' ? 900 : 1);
    const infos = await within(600, here.office.roll(500));
    expect(infos.map(({ name }) => name)).toEqual(['alpha', 'beta']);
  });

  it('two agents of one name are both told, and neither is hired', async () => {
    const [one, other] = [infoFor('alpha'), infoFor('alpha', { instance: 'alpha-2' })];
    startScripted(here.wire, one);
    startScripted(here.wire, other);
    expect((await within(600, here.office.roll(500))).map(({ instance }) => instance).sort()).toEqual([
      'alpha-1',
      'alpha-2',
    ]);
    const both = await errorOf(here.office.hire([one, other]));
    expect(both).toMatchObject({
      code: 'MQB_AGENT_NAME',
      message: 'there are 2 agents alpha, on host-of-alpha and host-of-alpha',
      exitCode: 3,
    });
    const error = await within(9_000, errorOf(here.office.hire([one])));
    expect(error).toMatchObject({
      code: 'MQB_AGENT_NAME',
      message: expect.stringContaining('there are two agents alpha'),
    });
  });
});

it('who answers under a name that is not its own is not there', async () => {
  agentsOf('alpha');
  const liar = here.wire.open('liar');
  liar.subscribe('mqb.all', () =>
    new Speaker(liar).say(fromAgent('alpha', here.office.asker), { kind: 'here', info: infoFor('beta') }),
  );
  expect((await within(600, here.office.roll(500))).map(({ name }) => name)).toEqual(['alpha']);
});

describe('an agent is refused', () => {
  it.each([
    [
      'of another build',
      { build: '0.0.9 (abc)' },
      'MQB_AGENT_VERSION',
      /alpha is mqbench 0\.0\.9 \(abc\) on Node .*, and the coordinator /,
    ],
    [
      'on another Node',
      { node: '18.19.0' },
      'MQB_AGENT_VERSION',
      /alpha is mqbench .* on Node 18\.19\.0, and the coordinator .* on Node 2/,
    ],
  ])('%s', async (_, over, code, says) => {
    startScripted(here.wire, infoFor('alpha', over));
    const error = await within(3_000, errorOf(here.office.hire([infoFor('alpha', over)])));
    expect(error).toMatchObject({ code, message: expect.stringMatching(says), exitCode: 3 });
  });

  it('that does not answer, with those that refuse, in one error', async () => {
    startScripted(here.wire, infoFor('alpha', { build: 'x' }));
    const error = await within(9_000, errorOf(here.office.hire([infoFor('alpha'), infoFor('ghost')])));
    expect(error.message).toMatch(/^the agent alpha is mqbench x on .*; the agent ghost does not answer$/);
  });

  it('that works for somebody else, who is named', async () => {
    const [{ agent }] = agentsOf('alpha') as [ScriptedAgent];
    await hireAll(infoFor('alpha'));
    const other = new Office(here.wire.open('other'), { by: 'bob@there' });
    const error = await within(3_000, errorOf(other.hire([infoFor('alpha')])));
    expect(error).toMatchObject({ code: 'MQB_AGENT_BUSY', message: 'the agent alpha runs a load of ann@here' });
    expect(agent).toBeDefined();
    await within(600, other.close());
  });

  it('whose owner does not allow the target, before any worker is started', async () => {
    const [alpha] = agentsOf('alpha') as [ScriptedAgent];
    const hired = await hireAll(infoFor('alpha'));
    const abroad = { ...plan, target: { ...plan.target, hosts: [{ host: '203.0.113.1', port: 1883 }] } };
    expect(await within(100, errorOf(here.office.brief(hired, [abroad])))).toMatchObject({
      code: 'MQB_AGENT_TARGET',
      exitCode: 3,
    });
    // Nor is it by a coordinator that does not care.
    const crew = new AgentCrew(hired, [abroad], 0);
    const [role] = crew.staff(1) as [Role];
    expect(await within(100, errorOf(role.call('start', {})))).toMatchObject({ code: 'MQB_AGENT_TARGET' });
    expect(alpha.roles).toEqual([]);
  });
});

describe('orders', () => {
  it('reach the worker that they are for, once, and its answers and words come back', async () => {
    const scripted = ['alpha', 'beta'].map((name) =>
      startScripted(here.wire, infoFor(name, { workers: 2 }), {
        answer: ({ worker, method }) => `${method} by ${worker}`,
      }),
    );
    const hired = await hireAll(infoFor('alpha', { workers: 2 }), infoFor('beta', { workers: 2 }));
    const { crew, roles } = await employ(hired);
    expect(crew.stations.map(({ agent, workers, clients }) => [agent.name, workers, clients])).toEqual([
      ['alpha', [0, 2], 15],
      ['beta', [1, 3], 15],
    ]);
    const order = { plan };
    const said = here.wire.said;
    expect(await within(20, Promise.all(roles.map((role) => role.call('start', order))))).toEqual(
      [0, 1, 2, 3].map((i) => `start by ${i}`),
    );
    // One message to each agent, and an answer of each worker; beats beside.
    expect(here.wire.said - said).toBeLessThan(2 + 4 + 4);
    expect(scripted.map((one) => one.roles.map(({ worker, given }) => [worker, given.length]))).toEqual([
      [
        [0, 1],
        [2, 1],
      ],
      [
        [1, 1],
        [3, 1],
      ],
    ]);
    const heard: unknown[] = [];
    roles[3]?.on('progress', (data) => heard.push(data));
    scripted[1]?.roles[1]?.tell('progress', { step: 7 });
    await here.clock.pass(5);
    expect(heard).toEqual([{ step: 7 }]);
  });

  it('that a worker throws at are thrown here, and its end is told with the agent it was on', async () => {
    const [alpha] = [
      startScripted(here.wire, infoFor('alpha'), {
        answer: () => {
          throw new MqbenchError('MQB_X', 'no', { hint: 'yes', exitCode: 2 });
        },
      }),
    ];
    const { roles } = await employ(await hireAll(infoFor('alpha')));
    const [role] = roles as [Role];
    expect(await within(20, errorOf(role.call('start', {})))).toMatchObject({
      code: 'MQB_X',
      message: 'no',
      hint: 'yes',
      exitCode: 2,
    });
    const failed = errorOf(role.failed);
    alpha?.roles[0]?.die(new MqbenchError('MQB_ROLE_DIED', 'the load worker 1 process ended'));
    expect(await within(20, failed)).toMatchObject({
      code: 'MQB_ROLE_DIED',
      message: 'on the agent alpha, the load worker 1 process ended',
    });
  });
});

describe('an agent that is not heard', () => {
  it.each([
    ['at all', () => (here.wire.way = (from, to) => (from === 'beta-1' || to === 'beta-1' ? undefined : 0.2))],
    ['though it hears', () => (here.wire.way = (from) => (from === 'beta-1' ? undefined : 0.2))],
  ])('%s is lost within 2 s, and nobody else is', async (_, cut) => {
    const [, beta] = agentsOf('alpha', 'beta', 'gamma');
    const { roles } = await employ(await hireAll(infoFor('alpha'), infoFor('beta'), infoFor('gamma')));
    await within(20, Promise.all(roles.map((role) => role.call('start', {}))));
    const fates = roles.map(() => 'there');
    roles.forEach((role, i) => {
      role.failed.catch((error: MqbenchError) => {
        fates[i] = error.message;
      });
    });
    await here.clock.pass(5_000);
    expect(fates).toEqual(['there', 'there', 'there']);
    cut();
    await here.clock.pass(1_200);
    expect(fates[1]).toBe('there');
    await here.clock.pass(800);
    expect(fates[0]).toBe('there');
    expect(fates[1]).toMatch(/^the agent beta \(host-of-beta\) is lost: nothing was heard of it for 1\.[56]\d* s$/);
    expect(fates[2]).toBe('there');
    if (beta?.roles[0]?.ended === false) {
      // It still heard its coordinator, and is told as soon as it can be.
      here.wire.way = () => 0.2;
      await here.clock.pass(500);
    }
    expect(beta?.roles[0]?.ended).toBe(true);
    // Later it is free, and has no part in the load any more.
    here.wire.way = () => 0.2;
    await here.clock.pass(5_000);
    expect((await within(600, here.office.roll(500))).find(({ name }) => name === 'beta')?.busy).toBeUndefined();
    expect(await errorOf(roles[1]?.call('standing', undefined) as Promise<unknown>)).toMatchObject({
      code: 'MQB_AGENT_LOST',
    });
  });

  it('because the coordinator itself was held up is not lost', async () => {
    agentsOf('alpha');
    const { roles } = await employ(await hireAll(infoFor('alpha')));
    let fate = 'there';
    roles[0]?.failed.catch((error: MqbenchError) => {
      fate = error.message;
    });
    await here.clock.pass(1_000);
    here.clock.stall(5_000);
    await here.clock.pass(3_000);
    expect(fate).toBe('there');
    expect(here.office.heldUpMicros).toBeGreaterThan(4e6);
  });

  it('is done without where that is allowed: its workers are named, and the others go on', async () => {
    agentsOf('alpha', 'beta', 'gamma');
    const { crew, roles } = await employ(await hireAll(infoFor('alpha'), infoFor('beta'), infoFor('gamma')), 0.34);
    await within(20, Promise.all(roles.map((role) => role.call('start', {}))));
    const lost: number[] = [];
    let failed = false;
    crew.onLost((workers) => lost.push(...workers));
    for (const role of roles) role.failed.catch(() => (failed = true));
    here.wire.way = (from) => (from === 'beta-1' ? undefined : 0.2);
    await here.clock.pass(2_000);
    expect(lost).toEqual([1]);
    expect(crew.lostClients).toBe(10);
    expect(failed).toBe(false);
    // A second would be too many.
    here.wire.way = (from) => (from === 'office' || from === 'alpha-1' ? 0.2 : undefined);
    await here.clock.pass(2_000);
    expect(failed).toBe(true);
    expect(lost).toEqual([1]);
  });

  it('says good-bye when it is told to end, and is lost at once', async () => {
    const [alpha] = agentsOf('alpha') as [ScriptedAgent];
    const { roles } = await employ(await hireAll(infoFor('alpha')));
    const failed = errorOf((roles[0] as Role).failed);
    void alpha.agent.close('it was told to end');
    expect((await within(10, failed)).message).toContain('is lost: it was told to end');
  });

  it('was started again in the middle of a load, and has no part in it', async () => {
    const [alpha] = agentsOf('alpha') as [ScriptedAgent];
    const { roles } = await employ(await hireAll(infoFor('alpha')));
    here.wire.way = (from, to) => (from === 'alpha-1' || to === 'alpha-1' ? undefined : 0.2); // killed
    const again = startScripted(here.wire, infoFor('alpha', { instance: 'alpha-2' }));
    const call = errorOf((roles[0] as Role).call('standing', undefined));
    expect((await within(50, call)).message).toContain('it is not part of this run any more');
    expect(again.roles).toEqual([]);
    expect(alpha.roles).toEqual([]);
  });
});

it('agents whose coordinator is gone end their workers within 2 s', async () => {
  const [alpha] = agentsOf('alpha') as [ScriptedAgent];
  const { roles } = await employ(await hireAll(infoFor('alpha')));
  await within(20, (roles[0] as Role).call('start', {}));
  await here.clock.pass(3_000);
  here.wire.way = (from) => (from === 'office' ? undefined : 0.2);
  await here.clock.pass(2_000);
  expect(alpha.roles[0]?.ended).toBe(true);
  expect(alpha.notes.join('\n')).toContain('stops the load of ann@here: its coordinator is not heard any more');
});

it('the end of a server is the end of every role, with its reason', async () => {
  const channel = here.wire.open('second');
  const second = new Office(channel, { by: 'bob@there' });
  agentsOf('alpha', 'beta');
  const hired = await within(3_000, second.hire([infoFor('alpha'), infoFor('beta')]));
  const crew = new AgentCrew(hired, [plan], 1);
  second.employ(crew);
  const failed = crew.staff(2).map((role) => errorOf(role.failed));
  channel.cut('ECONNRESET');
  for (const error of await within(10, Promise.all(failed)))
    expect(error).toMatchObject({
      code: 'MQB_AGENT_SERVER',
      message: 'the connection to the NATS server is lost: ECONNRESET',
    });
  await within(600, second.close());
});
