import type { Command } from 'commander';
import type { Environment } from '../environment.js';
import { loadCommand } from './command.js';

const examples = `
Examples:
  mqbench pub -t 'bench/%i' -c 100 -I 10 -q 1            100 clients, each 100 messages a second
  mqbench pub -t 'bench/%i' --rate 5000 -q 1 -F 10 --duration 1m --expect 'publish.ack.p99 < 50ms'
  mqbench pub mqtts://broker --ca ca.pem -t 'bench/%c' --closed-loop -q 1 -F 10 --duration 30s`;

/** `mqbench pub`: clients that publish. */
export function pubCommand(env: Environment): Command {
  return loadCommand(env, 'pub', examples);
}
