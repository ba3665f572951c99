import { hostname } from 'node:os';
import { Command } from 'commander';
import { Agent, type AgentOptions } from '../../agents/agent/agent.js';
import { selfOf } from '../../agents/agent/self.js';
import { privateTargets } from '../../agents/agent/targets.js';
import type { AgentInfo } from '../../agents/messages.js';
import { openNats } from '../../agents/nats/channel.js';
import { type Credentials, readCredentials } from '../../agents/nats/server/credentials.js';
import { isAgentName } from '../../agents/subjects.js';
import { codeOf, messageOf } from '../../base/errors.js';
import { sleep } from '../../base/sleep.js';
import { formatCounted } from '../../base/units.js';
import { examine } from '../../doctor/doctor.js';
import { startWorker } from '../../load/team.js';
import { mostWorkers } from '../../plan/limits.js';
import type { Environment } from '../environment.js';
import { usage, whole } from '../options/parsers.js';
import { addOptions, type FlagsOf, mandatory, rows } from '../options/rows.js';
import { labels, targets } from './options.js';

const examples = `
Examples:
  mqbench agent --join nats://10.0.0.1:4222
  mqbench agent --join tls://load.example:4222 --creds agent-1.json --allow broker.example:8883
An agent loads what its owner allows and nothing else: without --allow, addresses of private networks (10/8, 172.16/12,
192.168/16, …) and of this machine, but no names. It does one load at a time, and stops it when its coordinator is gone.`;

const agentRows = rows({
  join: ['--join <url>', 'the NATS server, nats://host:4222', undefined, mandatory],
  creds: ['--creds <file>', 'credentials for it: a file of agents-keys, or the word that --agents listen prints'],
  name: ['--name <name>', 'what it is called (default: that of the credentials, or of this machine)'],
  label: ['--label <label>', 'what coordinators select it by, e.g. region=eu (repeatable)', labels],
  allow: [
    '--allow <target>',
    'a target that it may load: host:port, host:*, private (the default) or any (repeatable)',
    targets,
  ],
  workers: [
    '--workers <n>',
    'load worker processes (default: processors that may be used - 1, at least 1)',
    whole(1, mostWorkers),
  ],
  lab: [
    '--lab',
    'make a damaged network of its own for its clients when a scenario asks for one (Linux; as root where the broker is outside of it)',
  ],
  once: [
    '--once',
    'end when there is no server, or the connection to it is lost, instead of waiting and joining again',
  ],
});
export type AgentProgramFlags = FlagsOf<typeof agentRows>;

/** `mqbench agent`: this machine makes load for a coordinator elsewhere, until it is interrupted. */
export function command(env: Environment): Command {
  return addOptions(new Command('agent'), agentRows)
    .addHelpText('after', examples)
    .action((flags: AgentProgramFlags) => serve(env, flags));
}

const rejoinMillis = 2_000;

async function serve(env: Environment, flags: AgentProgramFlags): Promise<void> {
  const joining = flags.creds === undefined ? {} : readCredentials(flags.creds, env.cwd, 'agent');
  const info = agentInfo(flags, joining);
  const stop = new AbortController();
  const stopListening = env.onInterrupt((signal) => stop.abort(signal));
  const note = (line: string): void => env.stderr.write(`${info.name}: ${line}\n`);
  env.stdout.write(`${infoLines(info).join('\n')}\n`);
  let findings: AgentInfo['findings'];
  const look = found().then((all) => {
    findings = all;
    env.stdout.write(all.map(({ what, detail }) => `limited    ${what}: ${detail}\n`).join(''));
  });
  let said = '';
  try {
    while (!stop.signal.aborted) {
      try {
        await serveOnce(flags.join, joining, { info, findings: () => findings, note }, stop.signal);
        if (flags.once) break;
      } catch (error) {
        // People start agents before their coordinator, which may start the server; and a server comes back.
        if (flags.once || codeOf(error) !== 'MQB_AGENT_SERVER') throw error;
        if (said !== messageOf(error)) note(`${messageOf(error)}; it waits for one`);
        said = messageOf(error);
      }
      await sleep(rejoinMillis, stop.signal);
    }
  } finally {
    stopListening();
    await look;
  }
}

async function serveOnce(
  url: string,
  credentials: Partial<Credentials>,
  about: Pick<AgentOptions, 'info' | 'findings' | 'note'>,
  stop: AbortSignal,
): Promise<void> {
  const { info, note } = about;
  const channel = await openNats({ url, name: `agent ${info.name}`, credentials });
  const agent = new Agent({ ...about, channel, startWorker });
  await channel.flush();
  note(`joined ${url}, and waits`);
  const stopped = sleep(Number.POSITIVE_INFINITY, stop).then(() => 'stopped');
  const why = await Promise.race([channel.closed, stopped]);
  await agent.close(stop.aborted ? 'it was told to end' : `lost the server: ${why}`);
  await channel.flush().catch(() => {});
  await channel.close().catch(() => {});
  if (!stop.aborted) note(`lost the server: ${why}`);
}

/** What of this machine is limited or missing, as a coordinator wants to know it. */
async function found(): Promise<NonNullable<AgentInfo['findings']>> {
  const all = await examine();
  return all
    .filter(({ verdict }) => verdict === 'limited' || verdict === 'missing')
    .map(({ what, detail }) => ({ what, detail }));
}

/** This machine as its owner describes it. @throws MQB_USAGE */
export function agentInfo(flags: AgentProgramFlags, joining: Partial<Credentials>): AgentInfo {
  const name =
    flags.name ??
    joining.name ??
    hostname()
      .split('.')[0]
      ?.replace(/[^\w-]/g, '-') ??
    '';
  if (!isAgentName(name))
    throw usage(`--name: "${name}" is no name of an agent`, 'letters, digits, - and _; 63 at most');
  if (joining.name !== undefined && joining.name !== name)
    throw usage(
      `--name ${name}: the credentials are those of ${joining.name}, and let nobody speak under another name`,
    );
  const pairs = (flags.label ?? []).map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]);
  const allow = flags.allow ?? [privateTargets];
  return selfOf({ name, labels: Object.fromEntries(pairs), allow, workers: flags.workers, lab: flags.lab });
}

function infoLines({ name, build, node, cores, workers, allow }: AgentInfo): string[] {
  return [
    `agent      ${name}: mqbench ${build}, Node ${node}`,
    `carries    ${formatCounted(workers, 'load worker')} on ${cores} processors`,
    `loads      ${allow.join(', ')}`,
    'Ctrl-C ends',
  ];
}
