import { resolve } from 'node:path';
import { definedOf } from '../../base/own.js';
import type { AgentsAsked } from '../../run/agents/asked.js';
import { usage } from '../options/parsers.js';
import type { FlagsOf, RowOf } from '../options/rows.js';
import type { agentRows } from './options.js';

export type AgentFlags = FlagsOf<{ -readonly [Name in keyof typeof agentRows]: RowOf<(typeof agentRows)[Name]> }>;

/** The agents that a command line asks for; undefined: none. @throws MQB_USAGE for options that need --agents */
export function agentsAsked(flags: AgentFlags, cwd: string): AgentsAsked | undefined {
  const { agents: url, agentsMin: min, agentsSelect: select, agentsCreds, agentsMayLose: mayLose } = flags;
  const credentials = agentsCreds && resolve(cwd, agentsCreds);
  if (url !== undefined) return { url, min, select, credentials, mayLose };
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

/** The same as fields of a scenario, each as far as it is given. */
export function agentFields(
  { agents: url, agentsMin: min, agentsSelect: select, agentsCreds, agentsMayLose: mayLose }: AgentFlags,
  cwd: string,
): Record<string, unknown> | undefined {
  const credentials = agentsCreds && resolve(cwd, agentsCreds);
  const given = definedOf({ url, min, select, credentials, mayLose });
  return Object.keys(given).length === 0 ? undefined : given;
}
