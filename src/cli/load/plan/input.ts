import { isIP } from 'node:net';
import { textProblem, topicProblem } from '../../../base/text/mqtt-text.js';
import { shortened } from '../../../base/text/shortened.js';
import { longestInWords, longestMicros } from '../../../plan/limits.js';
import { familyProblem } from '../../../transport/address-book.js';
import { isHost, noHost, withoutUrlSecrets } from '../../../transport/url.js';
import { dashed, usage } from '../../parsers.js';
import type { LoadFlags } from '../options/flags.js';
import { loadOptions } from '../options/options.js';

/** What single values cannot be, however well they read. */
export function inputProblems(flags: LoadFlags): string[] {
  const problems = Object.entries(loadOptions)
    .filter(([key, row]) => row.flags.includes('<time>') && Number(flags[key as keyof LoadFlags] ?? 0) > longestMicros)
    .map(([key]) => `--${dashed(key)} is more than ${longestInWords}`);
  const { duration, warmup, ifaddr = [], willTopic } = flags;
  if (warmup !== undefined && duration !== undefined && warmup >= duration)
    problems.push('--warmup leaves out the whole --duration: make it shorter');
  for (const address of ifaddr)
    if (isIP(address) === 0) problems.push(`--ifaddr "${address}" is not an IP address of this machine`);
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
