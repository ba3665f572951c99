import type { Command } from 'commander';
import type { Environment } from '../environment.js';
import { loadCommand } from './command.js';

const examples = `
Examples:
  mqbench pubsub --pattern pairs --pubs 100 --rate 1000 -q 1 --duration 30s
  mqbench pubsub --pattern fan-out --pubs 1 --subs 1000 -I 1s --duration 1m
  mqbench pubsub --pattern shared --pubs 50 --subs 10 --rate 2000 -q 1 --duration 30s
Patterns: own (every client hears itself), pairs (publisher i to subscriber i), fan-in and fan-out
(every subscriber hears every publisher), shared (the subscribers are one shared group).`;

/** `mqbench pubsub`: publishers and subscribers in one run, with end-to-end latency on one clock. */
export function pubsubCommand(env: Environment): Command {
  return loadCommand(env, 'pubsub', examples);
}
