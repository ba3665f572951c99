import { isIP } from 'node:net';
import { filterProblem, textProblem, topicProblem } from '../../../base/text/mqtt-text.js';
import { shortened } from '../../../base/text/shortened.js';
import { familyProblem } from '../../../transport/address-book.js';
import { isHost, noHost, withoutUrlSecrets } from '../../../transport/url.js';
import { dashed, usage } from '../../parsers.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';

/** Node's timers have 31 bits of milliseconds. */
const longestMicros = 24 * 86_400e6;
/** Payload that surely leaves room for the longest topic and properties of the command line. */
const mostBytes = 268_000_000;
/** What of single values cannot be, however well it reads. */
export function inputProblems(command: LoadCommand, flags: LoadFlags): string[] {
  const problems: string[] = [];
  const { duration, warmup, ifaddr = [], topic = [], willTopic } = flags;
  for (const name of [
    'duration',
    'warmup',
    'linger',
    'stay',
    'away',
    'connectTimeout',
    'deadAfter',
    'retryInterval',
  ] as const)
    if ((flags[name] ?? 0) > longestMicros) problems.push(`--${dashed(name)} is more than 24 days`);
  if (flags.size > mostBytes)
    problems.push(`-s ${flags.size}: a packet of MQTT has at most 268,435,455 bytes, headers included (1.5.5)`);
  if (flags.deadAfter === 0)
    problems.push('--dead-after 0 gives every connection up at once: leave it out, or give a time');
  if (duration === 0) problems.push('--duration 0 measures nothing: leave it out to run until Ctrl-C');
  if (warmup !== undefined && duration !== undefined && warmup >= duration)
    problems.push('--warmup leaves out the whole --duration: make it shorter');
  for (const address of ifaddr)
    if (isIP(address) === 0) problems.push(`--ifaddr "${address}" is not an IP address of this machine`);
  for (const name of topic) {
    const problem = command === 'sub' ? filterProblem(name) : textProblem(name);
    if (name === '') problems.push('-t is empty: a topic has at least one character (MQTT-4.7.3-1)');
    else if (problem !== undefined) problems.push(`-t "${shortened(name)}" ${problem}`);
  }
  const willProblem = willTopic === undefined ? undefined : topicProblem(willTopic);
  if (willProblem !== undefined) problems.push(`--will-topic "${shortened(willTopic as string)}" ${willProblem}`);
  for (const name of ['prefix', 'username', 'password', 'willPayload', 'contentType', 'correlationData'] as const) {
    const problem = textProblem(flags[name] ?? '');
    if (problem !== undefined) problems.push(`--${dashed(name)} ${problem}`);
  }
  if (
    flags.password !== undefined &&
    flags.username === undefined &&
    flags.feeder === undefined &&
    flags.mqttVersion !== 5
  )
    problems.push('-P without -u: before MQTT 5 a password needs a user name (MQTT-3.1.2-22)');
  return problems;
}

/** Hosts of -h: by comma, IPv6 with brackets or without. @throws MQB_USAGE for a host with a port */
export function hostNames(text: string): string[] {
  const hosts = text
    .split(',')
    .map((host) => host.trim().replace(/^\[(.*)\]$/, '$1'))
    .filter((host) => host !== '');
  if (hosts.length === 0) throw usage('-h names no host');
  for (const host of hosts) {
    if (isHost(host)) continue;
    const isMore = /[:/]/.test(host);
    throw usage(
      isMore ? `-h "${withoutUrlSecrets(host)}" is not a host` : `-h: ${noHost(host)}`,
      isMore ? 'the port goes to -p, and a URL stands by itself: mqbench conn mqtt://host:1883' : undefined,
    );
  }
  return hosts;
}

/** Source addresses that cannot reach their host, as both are chosen in turn: client i has number i mod n of each. */
export function sourceProblems(hosts: readonly { readonly host: string }[], sources: readonly string[]): string[] {
  if (sources.length === 0) return [];
  const pairs = Array.from({ length: hosts.length * sources.length }, (_, i) =>
    familyProblem(hosts[i % hosts.length]?.host ?? '', sources[i % sources.length] ?? ''),
  );
  return [...new Set(pairs.filter((problem) => problem !== undefined))].map((problem) => `--ifaddr: ${problem}`);
}
