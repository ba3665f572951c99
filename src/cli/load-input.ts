import { isIP } from 'node:net';
import type { LoadPlan } from '../load/contract.js';
import type { LoadCommand, LoadFlags } from './load-flags.js';
import { dashed, usage } from './load-parsers.js';

/** A topic is at most this many bytes of UTF-8 (MQTT 5.0, 1.5.4). */
const longestText = 65_535;
/** Node's timers have 31 bits of milliseconds. */
const longestMicros = 24 * 86_400e6;
/** Payload that surely leaves room for the longest topic and properties of the command line. */
const mostBytes = 268_000_000;
/** A wildcard is a level of its own, and # the last one (MQTT 5.0, 4.7.1). */
const filterForm = /^(?:[^#+]|(?:^|(?<=\/))(?:\+(?=\/|$)|#$))*$/;

/** What of single values cannot be, however well it reads. */
export function inputProblems(command: LoadCommand, flags: LoadFlags): string[] {
  const problems: string[] = [];
  const { duration, warmup, ifaddr = [], topic = [], willTopic } = flags;
  for (const name of ['duration', 'warmup', 'linger', 'stay', 'away', 'connectTimeout', 'retryInterval'] as const)
    if ((flags[name] ?? 0) > longestMicros) problems.push(`--${dashed(name)} is more than 24 days`);
  if (flags.size > mostBytes)
    problems.push(`-s ${flags.size}: a packet of MQTT has at most 268,435,455 bytes, headers included (1.5.5)`);
  if (duration === 0) problems.push('--duration 0 measures nothing: leave it out to run until Ctrl-C');
  if (warmup !== undefined && duration !== undefined && warmup >= duration)
    problems.push('--warmup leaves out the whole --duration: make it shorter');
  for (const address of ifaddr)
    if (isIP(address) === 0) problems.push(`--ifaddr "${address}" is not an IP address of this machine`);
  for (const name of topic) {
    if (name === '') problems.push('-t is empty: a topic has at least one character (MQTT-4.7.3-1)');
    if (Buffer.byteLength(name) > longestText)
      problems.push(`-t "${name.slice(0, 20)}…" has more than ${longestText} bytes`);
    if (command === 'sub' && !filterForm.test(name))
      problems.push(`-t "${name}": + is a whole level, and # the last one (MQTT-4.7.1-1, -2)`);
  }
  if (willTopic !== undefined && (willTopic === '' || /[+#]/.test(willTopic)))
    problems.push(`--will-topic "${willTopic}" is a topic to publish to: not empty, and no + and # in it`);
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
    if (isIP(host) !== 0 || !/[:/]/.test(host)) continue;
    throw usage(
      `-h "${host}" is not a host`,
      'the port goes to -p, and a URL stands by itself: mqbench conn mqtt://host:1883',
    );
  }
  return hosts;
}

/** What of a feeder cannot be. @throws MQB_USAGE */
export function checkFeeder({ feed, clients, publish, subscribe, username }: LoadPlan): void {
  const texts = [publish?.topic, publish?.template, subscribe?.topic, username, ...(subscribe?.further ?? [])];
  const asked = new Set(texts.flatMap((text) => [...(text ?? '').matchAll(/%\{([^}]+)\}/g)].map(([, name]) => name)));
  if (feed === undefined) {
    if (asked.size > 0)
      throw usage(`%{${[...asked].join('}, %{')}} is a column of a feeder, and there is none`, 'add --feeder <file>');
    return;
  }
  // Two clients under one id would take each other's session over, again and again.
  if (feed.length < clients)
    throw usage(`the feeder has ${feed.length} rows for ${clients} clients`, `-c ${feed.length}, or more rows`);
  for (const name of asked) {
    const without = feed.findIndex((row, i) => i < clients && !row[name as string]);
    if (without >= 0) throw usage(`%{${name}} has no value in row ${without + 1} of the feeder`);
  }
  const ids = new Set<string>();
  for (const { id } of feed.slice(0, clients)) {
    if (id === undefined) continue;
    if (ids.has(id))
      throw usage(
        `the feeder has the id "${id}" twice`,
        'a broker ends the session of the first when the second connects',
      );
    ids.add(id);
  }
}
