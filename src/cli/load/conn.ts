import type { Command } from 'commander';
import type { Environment } from '../environment.js';
import { loadCommand } from './command.js';

const examples = `
Examples:
  mqbench conn -h broker -c 5000 -R 500            5,000 clients, 500 connects a second, until Ctrl-C
  mqbench conn quic://broker --insecure --duration 30s
  mqbench conn -c 1000 --stay 10s --away 1s --abrupt --duration 2m    churn: every client leaves and comes back`;

/** `mqbench conn`: clients that connect and stay. */
export function connCommand(env: Environment): Command {
  return loadCommand(env, 'conn', examples);
}
