import { Command } from 'commander';
import type { Environment } from './environment.js';
import type { LoadCommand } from './load/options/flags.js';

/** A command as the program's help lists it; its module is imported when it runs, for a start that costs little. */
export interface CommandRow {
  readonly name: string;
  /** Its arguments, as commander writes them. */
  readonly takes: string;
  readonly says: string;
  readonly load: () => Promise<{ readonly command: (env: Environment) => Command }>;
  /** It speaks about the others, which are imported, too. */
  readonly needsAll: boolean;
}

/** Each with its arguments, in the order of the help. */
const says = {
  'run [scenario]': 'run a scenario file: every arm on every network, in interleaved order',
  'conn [url]': 'connect clients and keep them connected, or let them come and go',
  'pub [url]': 'publish messages at a rate, or as fast as they are acknowledged',
  'sub [url]': 'subscribe and count, in order and once, what arrives',
  'pubsub [url]': 'publish and receive in one run: latency from end to end, and a full ledger',
  'probe <url>': 'ask a broker what it supports: transports, versions, QoS, retained, shared, sizes, 0-RTT, streams',
  agent: 'let this machine make load for a run elsewhere, one of many machines',
  agents: 'list the machines that are ready to make load, and what each can carry',
  broker: 'run the reference broker (MQTT 3.1, 3.1.1 and 5) on every transport',
  gateway: 'bring QUIC, TLS and WebSocket to a broker that speaks MQTT over TCP',
  'compare <path...>': 'compare results with repeats; exit code 11 when something became worse',
  'ab <scenario...>':
    'run two builds, of mqbench or of your broker, by turns on this machine and compare them; exit code 11 on a regression',
  'report <path...>': 'make report.html, summary.md, junit.xml, cells.csv and timeline.csv again from results',
  lab: 'a damaged network to run anything in: client ══ link ══ NAT ── server',
  doctor: 'say what works on this machine, what does not, and the exact fix; changes nothing',
  'agents-keys <folder>': 'make keys, certificate and configuration for a NATS server over which agents are led',
  'completion <shell>': 'print a script with which bash, zsh or fish completes command lines of mqbench',
};

const making = (name: LoadCommand) => async () => (await import('./load/commands.js')).commandsOfLoad[name];

type NameOf<Line> = Line extends `${infer Name} ${string}` ? Name : Line;
const modules: Readonly<Record<NameOf<keyof typeof says>, CommandRow['load']>> = {
  run: () => import('./run/run.js'),
  conn: making('conn'),
  pub: making('pub'),
  sub: making('sub'),
  pubsub: making('pubsub'),
  probe: () => import('./probe.js'),
  agent: () => import('./agent/agent.js'),
  agents: () => import('./agent/agents.js'),
  broker: () => import('./broker/broker.js'),
  gateway: () => import('./gateway.js'),
  compare: () => import('./compare/compare.js'),
  ab: () => import('./ab/ab.js'),
  report: () => import('./report.js'),
  lab: () => import('./lab/lab.js'),
  doctor: () => import('./doctor.js'),
  'agents-keys': () => import('./agent/keys.js'),
  completion: () => import('./completion/command.js'),
};

export const commands: readonly CommandRow[] = Object.entries(says).map(([line, sentence]) => {
  const [name, takes = ''] = line.split(' ') as [keyof typeof modules, string?];
  return { name, takes, says: sentence, load: modules[name], needsAll: name === 'completion' };
});

/** What stands for a command that does not run this time: help lists it, and misspelt names find it. */
export function placeholder({ name, takes }: CommandRow): Command {
  const command = new Command(name);
  return takes === '' ? command : command.arguments(takes);
}
