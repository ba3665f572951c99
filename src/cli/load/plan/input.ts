import { isIP } from 'node:net';
import { textProblem, topicProblem } from '../../../base/text/mqtt-text.js';
import { shortened } from '../../../base/text/shortened.js';
import { longestInWords, longestMicros } from '../../../plan/limits.js';
import { familyProblem } from '../../../transport/address-book.js';
import { isHost, noHost, withoutUrlSecrets } from '../../../transport/url.js';
import { dashed } from '../../option-rows.js';
import { usage } from '../../parsers.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';
import { loadOptions } from '../options/options.js';

/** What single values cannot be, however well they read. */
export function inputProblems(command: LoadCommand, flags: LoadFlags): string[] {
  const problems = Object.entries(loadOptions)
    .filter(([key, row]) => row.flags.includes('<time>') && Number(flags[key as keyof LoadFlags] ?? 0) > longestMicros)
    .map(([key]) => `${dashed(key)} is more than ${longestInWords}`);
  problems.push(...topicProblems(command, flags), ...payloadProblems(command, flags));
  const { duration, warmup, ifaddr = [], willTopic } = flags;
  if (warmup !== undefined && duration !== undefined && warmup >= duration)
    problems.push('--warmup leaves out the whole --duration: make it shorter');
  for (const address of ifaddr)
    if (isIP(address) === 0) problems.push(`--ifaddr "${address}" is not an IP address of this machine`);
  const willProblem = willTopic === undefined ? undefined : topicProblem(willTopic);
  if (willProblem !== undefined) problems.push(`--will-topic "${shortened(willTopic as string)}" ${willProblem}`);
  for (const name of ['prefix', 'username', 'password', 'willPayload', 'contentType', 'correlationData'] as const) {
    const problem = textProblem(flags[name] ?? '');
    if (problem !== undefined) problems.push(`${dashed(name)} ${problem}`);
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

/** A topic for each command that needs one, and one only for those that publish. */
function topicProblems(command: LoadCommand, { topic = [], feeder, topicsPayload }: LoadFlags): string[] {
  const needs = command === 'pub' || command === 'sub';
  if (needs && topic.length === 0 && feeder === undefined && topicsPayload === undefined)
    return [`${command} needs a topic, for example: mqbench ${command} -t 'bench/%i'`];
  if (command === 'sub' || topic.length < 2) return [];
  return [`${command} publishes to one -t, and this names ${topic.length}: tell topics apart by %t and --topics`];
}

const payloads = ['message', 'payloadFile', 'template', 'hook'] as const;

function payloadProblems(command: LoadCommand, flags: LoadFlags): string[] {
  const given = payloads.filter((name) => flags[name] !== undefined).map((name) => `${dashed(name)}`);
  if (given.length > 1) return [`${given.join(' and ')} are several payloads: give one`];
  if (command !== 'pubsub' || flags.stamp === 'property') return [];
  return given.map(
    (name) =>
      `pubsub measures by what it writes into the payload, so ${name} cannot be used: add -V 5 --stamp property, which measures any payload; or use -s`,
  );
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
