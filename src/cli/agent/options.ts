import { isTarget } from '../../agents/agent/targets.js';
import { parseShare } from '../../base/units.js';
import { usage, whole } from '../options/parsers.js';

/** A label of an agent. */
export const labels = (text: string, before: readonly string[] = []): string[] => {
  if (!/^[\w.-]+=[\w.:-]+$/.test(text)) throw usage(`"${text}" is not a label`, 'write it like region=eu');
  return [...before, text];
};

/** What an agent may load. */
export const targets = (text: string, before: readonly string[] = []): string[] => {
  if (!isTarget(text))
    throw usage(
      `"${text}" is not a target`,
      'write it like broker.example:1883, broker.example:*, [2001:db8::1]:1883, private or any',
    );
  return [...before, text];
};

/** Of the commands that make load, and of `run`. */
export const agentRows = {
  agents: [
    '--agents <url>',
    'run the load on agents that joined this NATS server, e.g. nats://host:4222, instead of on this machine; listen starts nats-server here, on loopback, and listen:HOST:PORT there',
  ],
  agentsMin: [
    '--agents-min <n>',
    'agents that have to be there before anything starts (default 1, and all that are there)',
    whole(1, 10_000),
  ],
  agentsSelect: ['--agents-select <label>', 'only agents with this label, e.g. region=eu (repeatable)', labels],
  agentsCreds: [
    '--agents-creds <file>',
    'credentials of the coordinator for the NATS server; of one that is started here, the folder of agents-keys',
  ],
  agentsMayLose: [
    '--agents-may-lose <share>',
    'go on without agents that are lost, as long as they had no more than this share of the clients, e.g. 10% (default 0%)',
    parseShare,
  ],
} as const;
