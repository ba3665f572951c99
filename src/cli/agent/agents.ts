import { Command } from 'commander';
import type { AgentInfo, ClockState } from '../../agents/messages.js';
import { openNats } from '../../agents/nats/channel.js';
import { readCredentials } from '../../agents/nats/server/credentials.js';
import { Office } from '../../agents/office/office.js';
import { machineError } from '../../base/errors.js';
import { formatCount, formatCounted, formatDuration, formatSize } from '../../base/units.js';
import type { Environment } from '../environment.js';
import { time } from '../options/parsers.js';
import { addOptions, type FlagsOf, mandatory, rows } from '../options/rows.js';
import { giveJson, isPrinted, jsonRow } from '../options/shared.js';

const agentsRows = rows({
  agents: ['--agents <url>', 'the NATS server, nats://host:4222', undefined, mandatory],
  creds: ['--creds <file>', 'credentials of a coordinator for it'],
  wait: ['--wait <time>', 'how long agents have for an answer', time('s', 1e5), 1e6],
  json: jsonRow,
});
type Flags = FlagsOf<typeof agentsRows>;

const examples = `
Examples:
  mqbench agents --agents nats://10.0.0.1:4222
  mqbench agents --agents tls://load.example:4222 --creds keys/coordinator.json --json
The clock of each is what it is behind (+) or ahead (-), and how far that may be wrong.`;

/** `mqbench agents`: who joined a NATS server, and what they can carry. */
export function command(env: Environment): Command {
  return addOptions(new Command('agents'), agentsRows)
    .addHelpText('after', examples)
    .action((flags: Flags) => list(env, flags));
}

const tuneMillis = 3_000;

async function list(env: Environment, { agents: url, creds, wait, json }: Flags): Promise<void> {
  const credentials = creds === undefined ? {} : readCredentials(creds, env.cwd, 'coordinator');
  const channel = await openNats({ url, name: 'agents', credentials });
  const office = new Office(channel, { by: 'mqbench agents' });
  try {
    const infos = await office.roll(wait / 1000);
    if (infos.length === 0)
      throw machineError('MQB_AGENTS_FEW', `no agent is at ${url}`, `start one: mqbench agent --join ${url}`);
    const clocks = await office.tune([...new Set(infos.map(({ name }) => name))], tuneMillis);
    await giveJson(
      env,
      json,
      infos.map((info) => ({ ...info, clockState: clocks.get(info.name) })),
    );
    if (!isPrinted(json))
      for (const info of infos) env.stdout.write(`${agentLines(info, clocks.get(info.name)).join('\n')}\n`);
  } finally {
    await office.close();
  }
}

/** What there is to know of one. */
export function agentLines(info: AgentInfo, clock: ClockState | undefined): string[] {
  const {
    name,
    host,
    build,
    node,
    cores,
    workers,
    memoryBytes,
    descriptors,
    ports,
    labels,
    lab,
    allow,
    busy,
    findings = [],
  } = info;
  const own = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const carries = [
    `${formatCounted(cores, 'processor')}, ${formatCounted(workers, 'worker')}`,
    `${formatSize(memoryBytes)} of memory`,
    `${descriptors === undefined ? 'unlimited' : formatCount(descriptors)} descriptors`,
    ...(ports === undefined ? [] : [`${formatCount(ports)} ports`]),
  ];
  return [
    `${name}  on ${host}, mqbench ${build}, Node ${node}${busy === undefined ? '' : `, runs a load of ${busy}`}`,
    `  ${carries.join(', ')}`,
    `  clock ${clock === undefined ? 'unknown: it did not answer in time' : clockText(clock)}`,
    `  loads ${allow.join(', ')}${lab ? '; makes networks of its own' : ''}${own.length > 0 ? `; ${own.join(', ')}` : ''}`,
    ...findings.map(({ what, detail }) => `  limited: ${what}: ${detail}`),
  ];
}

/** Signed: what the coordinator's clock is ahead. */
export function clockText({ offsetMicros, boundMicros, roundTripMicros }: ClockState): string {
  const sign = offsetMicros < 0 ? '-' : '+';
  return `${sign}${formatDuration(Math.abs(offsetMicros))} ± ${formatDuration(boundMicros)} (${formatDuration(roundTripMicros)} there and back)`;
}
