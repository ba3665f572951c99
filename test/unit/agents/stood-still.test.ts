import { describe, expect, it } from 'vitest';
import { AgentCrew } from '../../../src/agents/office/crew.js';
import type { MqbenchError } from '../../../src/base/errors.js';
import type { Role } from '../../../src/base/process/role.js';
import { officeHere } from '../../helpers/office-here.js';

import { infoFor, startScripted } from '../../helpers/scripted-agents.js';
import { planFor } from '../../truth/plan.js';

const here = officeHere();

/** Waits for it, for so much virtual time. */
async function within<T>(millis: number, promise: Promise<T>): Promise<T> {
  await here.clock.pass(millis);
  return promise;
}

/** Workers of a load on agents of these names. */
async function employed(...names: string[]): Promise<Role[]> {
  for (const name of names) startScripted(here.wire, infoFor(name));
  const hired = await within(3_000, here.office.hire(names.map((name) => infoFor(name))));
  const plan = planFor(1883, { clients: 30 });
  await within(100, here.office.brief(hired, [plan]));
  const crew = new AgentCrew(hired, [plan], 0);
  here.office.employ(crew);
  return crew.staff(crew.size);
}

describe('an agent', () => {
  it('that ends its load because the coordinator stood still is not blamed for it, and one that dies later is', async () => {
    const roles = await employed('alpha', 'beta');
    const fates: string[] = [];
    roles.forEach((role, i) => {
      role.failed.catch((error: MqbenchError) => {
        fates[i] = error.message;
      });
    });
    await here.clock.pass(1_000);
    // The agent hears nothing for longer than the coordinator stands still: it says good-bye just after.
    here.wire.way = (from, to) => (from === 'office' && to === 'alpha-1' ? undefined : 0.2);
    await here.clock.pass(500);
    here.clock.stall(2_000);
    await here.clock.pass(1_500);
    expect(fates[0]).toMatch(/^the coordinator stood still for 1\.9\d* s, and the agent alpha has stopped its load/);
    // Later that is no excuse any more, neither for who is silent nor for who hears nothing.
    here.wire.way = (from) => (from === 'beta-1' ? undefined : 0.2);
    await here.clock.pass(2_000);
    expect(fates[1]).toMatch(/^the agent beta \(host-of-beta\) is lost: nothing was heard of it for 1\.[56]\d* s$/);
  });

  it('that hears nothing is told with that, however long ago the coordinator stood still', async () => {
    const [role] = (await employed('alpha')) as [Role];
    const failed = role.failed.catch((error: MqbenchError) => error.message);
    await here.clock.pass(1_000);
    here.clock.stall(5_000);
    await here.clock.pass(10_000);
    here.wire.way = (from) => (from === 'office' ? undefined : 0.2);
    await here.clock.pass(2_000);
    expect(await failed).toContain('is lost: its coordinator is not heard any more');
  });
});
