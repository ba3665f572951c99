import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { formatCount, formatDuration } from '../../base/units.js';
import { thrown } from '../agent/targets.js';
import type { AgentInfo, Refusal } from '../messages.js';
import type { HiredAgent } from './hired.js';

/** Of an agent that is gone. */
export const lostAgent = ({ name, info }: HiredAgent, why: string): MqbenchError =>
  new MqbenchError('MQB_AGENT_LOST', `the agent ${name} (${info.host}) is lost: ${why}`, {
    hint: 'look at that machine: whether mqbench agent still runs there, its memory, and its way to the NATS server; with mayLose a run goes on without some agents',
  });

/** Of one that could not hear its coordinator, which is not its fault. */
export const stoodStill = ({ name }: HiredAgent, micros: number): MqbenchError =>
  new MqbenchError(
    'MQB_AGENT_LOST',
    `the coordinator stood still for ${formatDuration(micros)}, and the agent ${name} has stopped its load meanwhile`,
    { hint: 'look at this machine: something stopped the process, or the machine slept or was moved' },
  );

/** Of an agent that says nothing. */
export const silentRefusal = (name: string): Refusal => ({
  code: 'MQB_AGENT_LOST',
  message: `the agent ${name} does not answer`,
  hint: 'look whether mqbench agent still runs there',
});

/** Of a thousand that refuse, nobody reads more. */
const mostTold = 5;

/** All that is wrong, in one error: the first code, and the remedies of all. */
export function together(all: readonly Refusal[]): MqbenchError {
  const refusals = [...all].sort((a, b) => (a.message < b.message ? -1 : 1));
  const [first] = refusals as [Refusal];
  if (refusals.length === 1) return thrown(first);
  const hints = [...new Set(refusals.map(({ hint }) => hint).filter((hint) => hint !== undefined))].slice(0, mostTold);
  const told = refusals.slice(0, mostTold).map(({ message }) => message);
  const others = refusals.length - told.length;
  if (others > 0) told.push(`and ${formatCount(others)} more are refused`);
  return new MqbenchError(first.code, told.join('; '), {
    hint: hints.join('; ') || undefined,
    exitCode: first.exitCode ?? exitCodes.run,
  });
}

/** Names that several have: nobody could say which is meant. */
export function twins(infos: readonly AgentInfo[]): Refusal[] {
  const names = new Set(infos.map(({ name }) => name));
  return [...names].flatMap((name) => {
    const hosts = infos.filter((one) => one.name === name).map(({ host }) => host);
    if (hosts.length < 2) return [];
    return {
      code: 'MQB_AGENT_NAME',
      message: `there are ${hosts.length} agents ${name}, on ${hosts.join(' and ')}`,
      hint: 'give each a name of its own: mqbench agent --name',
      exitCode: exitCodes.machine,
    };
  });
}
