import { afterEach, beforeEach, expect, it } from 'vitest';
import { AgentCrew } from '../../../src/agents/office/crew.js';
import { Office } from '../../../src/agents/office/office.js';
import { ownMicros } from '../../../src/base/clock.js';
import type { MqbenchError } from '../../../src/base/errors.js';
import type { Role } from '../../../src/base/process/role.js';
import { FakeWire } from '../../helpers/fake-channel.js';

import { infoFor, startScripted } from '../../helpers/scripted-agents.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';
import { planFor } from '../../truth/plan.js';

let clock: VirtualClock;
let wire: FakeWire;
let office: Office;
beforeEach(() => {
  clock = VirtualClock.start();
  wire = new FakeWire();
  office = new Office(wire.open('office'), { by: 'ann@here' });
});
afterEach(async () => {
  const closing = office.close();
  await clock.pass(600);
  await closing;
  clock.stop();
});

/** Waits for it, for so much virtual time. */
async function within<T>(millis: number, promise: Promise<T>): Promise<T> {
  await clock.pass(millis);
  return promise;
}

it.each([
  ['forward', 50_000],
  ['forward', 3_000_000],
  ['back', -20_000],
])('an agent whose clock goes %s by %i µs in the middle of a load ends it, and is named with that', async (way, by) => {
  // Another machine: its clock is 5 s ahead, until it is set.
  let ahead = 5e6;
  const info = infoFor('alpha', { clock: 1 });
  const { roles: started } = startScripted(wire, info, { clock: () => ownMicros() + ahead });
  const hired = await within(3_000, office.hire([info]));
  const plan = planFor(1883, { clients: 30 });
  await within(100, office.brief(hired, [plan]));
  const crew = new AgentCrew(hired, [plan], 0);
  office.employ(crew);
  const [role] = crew.staff(1) as [Role];
  let fate = 'there';
  role.failed.catch((error: MqbenchError) => {
    fate = error.message;
  });
  await within(20, role.call('start', {}));
  await clock.pass(5_000);
  expect(fate).toBe('there');
  ahead += by;
  await clock.pass(1_000);
  expect(fate).toMatch(new RegExp(`^the agent alpha .* is lost: its clock went ${way} by `));
  expect(started[0]?.ended).toBe(true);
});
