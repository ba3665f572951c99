import { Command } from 'commander';
import type { Environment } from './environment.js';

/** A command as the program's help lists it; its module is imported when it runs, for a start that costs little. */
export interface CommandRow {
  readonly name: string;
  /** Its arguments, as commander writes them. */
  readonly takes: string;
  readonly says: string;
  readonly load: () => Promise<(env: Environment) => Command>;
  /** It speaks about the others, which are imported, too. */
  readonly needsAll?: true;
}

const row = (name: string, takes: string, says: string, load: CommandRow['load']): CommandRow => ({
  name,
  takes,
  says,
  load,
});

/** All commands, in the order of the help. */
export const commands: readonly CommandRow[] = [
  row(
    'run',
    '[scenario]',
    'run a scenario file: every arm on every network, in interleaved order',
    async () => (await import('./run/run.js')).runCommand,
  ),
  row('conn', '[url]', 'connect clients and keep them connected, or let them come and go', async () =>
    (await import('./load/commands.js')).loadCommandNamed('conn'),
  ),
  row('pub', '[url]', 'publish messages at a rate, or as fast as they are acknowledged', async () =>
    (await import('./load/commands.js')).loadCommandNamed('pub'),
  ),
  row('sub', '[url]', 'subscribe and count, in order and once, what arrives', async () =>
    (await import('./load/commands.js')).loadCommandNamed('sub'),
  ),
  row('pubsub', '[url]', 'publish and receive in one run: latency from end to end, and a full ledger', async () =>
    (await import('./load/commands.js')).loadCommandNamed('pubsub'),
  ),
  row(
    'probe',
    '<url>',
    'ask a broker what it supports: transports, versions, QoS, retained, shared, sizes, 0-RTT, streams',
    async () => (await import('./probe.js')).probeCommand,
  ),
  row(
    'broker',
    '',
    'run the reference broker (MQTT 3.1 and 3.1.1) on every transport',
    async () => (await import('./broker/broker.js')).brokerCommand,
  ),
  row(
    'compare',
    '<path...>',
    'compare results with repeats; exit code 11 when something became worse',
    async () => (await import('./compare/compare.js')).compareCommand,
  ),
  row(
    'ab',
    '<scenario>',
    'run two builds of mqbench by turns on this machine and compare them; exit code 11 on a regression',
    async () => (await import('./ab/ab.js')).abCommand,
  ),
  row(
    'report',
    '<path...>',
    'make report.html, summary.md, junit.xml, cells.csv and timeline.csv again from results',
    async () => (await import('./report.js')).reportCommand,
  ),
  row(
    'lab',
    '',
    'a damaged network to run anything in: client ══ link ══ NAT ── server',
    async () => (await import('./lab/lab.js')).labCommand,
  ),
  row(
    'doctor',
    '',
    'say what works on this machine, what does not, and the exact fix; changes nothing',
    async () => (await import('./doctor.js')).doctorCommand,
  ),
  {
    ...row(
      'completion',
      '<shell>',
      'print a script with which bash, zsh or fish completes command lines of mqbench',
      async () => (await import('./completion/command.js')).completionCommand,
    ),
    needsAll: true,
  },
];

/** What stands for a command that does not run this time: help lists it, and misspelt names find it. */
export function placeholder({ name, takes }: CommandRow): Command {
  const command = new Command(name);
  return takes === '' ? command : command.arguments(takes);
}
