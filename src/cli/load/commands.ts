import type { Command } from 'commander';
import type { Environment } from '../environment.js';
import { loadCommand } from './command.js';
import { type LoadCommand, loadCommands } from './options/flags.js';

const examples: Readonly<Record<LoadCommand, string>> = {
  conn: `
Examples:
  mqbench conn -h broker -c 5000 -R 500            5,000 clients, 500 connects a second, until Ctrl-C
  mqbench conn quic://broker --insecure --duration 30s
  mqbench conn -c 1000 --stay 10s --away 1s --abrupt --duration 2m    churn: every client leaves and comes back`,
  pub: `
Examples:
  mqbench pub -t 'bench/%i' -c 100 -I 10 -q 1            100 clients, each 100 messages a second
  mqbench pub -t 'bench/%i' --rate 5000 -q 1 -F 10 --duration 1m --expect 'publish.ack.p99 < 50ms'
  mqbench pub mqtts://broker --ca ca.pem -t 'bench/%c' --closed-loop -q 1 -F 10 --duration 30s`,
  sub: `
Examples:
  mqbench sub -t 'bench/#' -c 10 -q 1                    ten clients, each hears everything
  mqbench sub -t '$share/group/bench/#' -c 10            ten clients share the messages
Messages that mqbench pub sends on the same machine are measured end to end.`,
  pubsub: `
Examples:
  mqbench pubsub --pattern pairs --pubs 100 --rate 1000 -q 1 --duration 30s
  mqbench pubsub --pattern fan-out --pubs 1 --subs 1000 -I 1s --duration 1m
  mqbench pubsub --pattern shared --pubs 50 --subs 10 --rate 2000 -q 1 --duration 30s
Patterns: own (every client hears itself), pairs (publisher i to subscriber i), fan-in and fan-out
(every subscriber hears every publisher), shared (the subscribers are one shared group).`,
};

/** `mqbench conn`, `pub`, `sub` and `pubsub`. */
export const commandsOfLoad = Object.fromEntries(
  loadCommands.map((name) => [name, { command: (env: Environment) => loadCommand(env, name, examples[name]) }]),
) as Readonly<Record<LoadCommand, { command: (env: Environment) => Command }>>;
