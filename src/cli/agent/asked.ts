import { resolve } from 'node:path';
import { definedOf } from '../../base/own.js';
import type { AgentsAsked } from '../../run/agents/asked.js';
import { usage } from '../options/parsers.js';
import type { FlagsOf, RowOf } from '../options/rows.js';
import type { agentRows } from './options.js';

export type AgentFlags = FlagsOf<{ -readonly [Name in keyof typeof agentRows]: RowOf<(typeof agentRows)[Name]> }>;

/** Options of the commands that are about the machine they run on. */
interface OfThisMachine {
  readonly workers?: number | undefined;
  readonly ifaddr?: readonly string[] | undefined;
}

/** The agents that a command line asks for; undefined: none. @throws MQB_USAGE for options that need --agents */
export function agentsAsked(flags: AgentFlags & OfThisMachine, cwd: string): AgentsAsked | undefined {
  const { agents: url, agentsMin: min, agentsSelect: select, agentsCreds, agentsMayLose: mayLose } = flags;
  const credentials = agentsCreds && resolve(cwd, agentsCreds);
  if (url !== undefined) {
    refuseOfThisMachine(flags);
    return { url, min, select, credentials, mayLose };
  }
  const given = {
    '--agents-min': min,
    '--agents-select': select,
    '--agents-creds': credentials,
    '--agents-may-lose': mayLose,
  };
  const [first] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (first !== undefined) throw usage(`${first} is of --agents, which is not given`, 'e.g. --agents nats://host:4222');
  return undefined;
}

/** @throws MQB_USAGE for options that are about this machine, on which nothing runs */
function refuseOfThisMachine({ workers, ifaddr }: AgentFlags & OfThisMachine): void {
  if (workers !== undefined)
    throw usage(
      '--workers is of load workers of this machine, and with --agents there are none',
      'mqbench agent --workers, on each',
    );
  if (ifaddr !== undefined && ifaddr.length > 0)
    throw usage(
      '--ifaddr names addresses of this machine, and with --agents nothing is dialled from here',
      'leave it out',
    );
}

/** The same as fields of a scenario, each as far as it is given. */
export function agentFields(
  { agents: url, agentsMin: min, agentsSelect: select, agentsCreds, agentsMayLose: mayLose }: AgentFlags,
  cwd: string,
): Record<string, unknown> | undefined {
  const credentials = agentsCreds && resolve(cwd, agentsCreds);
  const given = definedOf({ url, min, select, credentials, mayLose });
  return Object.keys(given).length === 0 ? undefined : given;
}
