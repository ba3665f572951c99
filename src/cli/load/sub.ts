import type { Command } from 'commander';
import type { Environment } from '../environment.js';
import { loadCommand } from './command.js';

const examples = `
Examples:
  mqbench sub -t 'bench/#' -c 10 -q 1                    ten clients, each hears everything
  mqbench sub -t '$share/group/bench/#' -c 10            ten clients share the messages
Messages that mqbench pub sends on the same machine are measured end to end.`;

/** `mqbench sub`: clients that subscribe and count what they get. */
export function subCommand(env: Environment): Command {
  return loadCommand(env, 'sub', examples);
}
