import { afterEach, beforeEach, expect, it } from 'vitest';
import { Speaker } from '../../../src/agents/channel/wire.js';
import type { AgentInfo } from '../../../src/agents/messages.js';
import { Office } from '../../../src/agents/office/office.js';
import { FakeWire } from '../../helpers/fake-channel.js';
import { infoFor, startScripted } from '../../helpers/scripted-agents.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

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

async function rolled(): Promise<AgentInfo[]> {
  const rolling = office.roll(500);
  await clock.pass(600);
  return rolling;
}

it('over a path of 600 ms there and back an agent is hired all the same, with the bound that this leaves', async () => {
  wire.way = () => 300;
  startScripted(wire, infoFor('alpha', { clock: 1 }));
  const hiring = office.hire([infoFor('alpha', { clock: 1 })]);
  await clock.pass(7_000);
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
  startScripted(wire, infoFor('alpha'));
  new Speaker(wire.open('stranger')).say('mqb.to.alpha', message);
  await clock.pass(5);
  expect((await rolled()).map(({ name, busy }) => [name, busy])).toEqual([['alpha', undefined]]);
  const hiring = office.hire([infoFor('alpha')]);
  await clock.pass(3_000);
  expect(await hiring).toHaveLength(1);
});
