import { expect, it } from 'vitest';
import { Speaker } from '../../../src/agents/channel/wire.js';
import type { AgentInfo } from '../../../src/agents/messages.js';
import { officeHere } from '../../helpers/office-here.js';
import { infoFor, startScripted } from '../../helpers/scripted-agents.js';

const here = officeHere();

async function rolled(): Promise<AgentInfo[]> {
  const rolling = here.office.roll(500);
  await here.clock.pass(600);
  return rolling;
}

it('over a path of 600 ms there and back an agent is hired all the same, with the bound that this leaves', async () => {
  here.wire.way = () => 300;
  startScripted(here.wire, infoFor('alpha', { clock: 1 }));
  const hiring = here.office.hire([infoFor('alpha', { clock: 1 })]);
  await here.clock.pass(7_000);
  const [alpha] = await hiring;
  expect(alpha?.clock?.boundMicros).toBeGreaterThan(250_000);
  expect(alpha?.clock?.boundMicros).toBeLessThan(350_000);
});

it.each([
  ['nothing that it knows', { kind: 'dance', asker: 'x' }],
  ['a service without anything in it', { kind: 'hire', asker: 'x' }],
  ['a list', [1, 2]],
  ['null', null],
])('an agent that is told %s goes on', async (_, message) => {
  startScripted(here.wire, infoFor('alpha'));
  new Speaker(here.wire.open('stranger')).say('mqb.to.alpha', message);
  await here.clock.pass(5);
  expect((await rolled()).map(({ name, busy }) => [name, busy])).toEqual([['alpha', undefined]]);
  const hiring = here.office.hire([infoFor('alpha')]);
  await here.clock.pass(3_000);
  expect(await hiring).toHaveLength(1);
});
