import { isIP } from 'node:net';
import { textProblem } from '../../../base/text/mqtt-text.js';
import { longestInWords, longestMicros } from '../../../plan/limits.js';
import { familyProblem } from '../../../transport/address-book.js';
import { isHost, noHost, withoutUrlSecrets } from '../../../transport/url.js';
import { list, told, usage } from '../../options/parsers.js';
import { dashed, type OptionRow } from '../../options/rows.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';
import { loadOptions } from '../options/options.js';

const entries = Object.entries(loadOptions) as [keyof LoadFlags, OptionRow][];

/** What single values cannot be, however well they read. */
export function inputProblems(command: LoadCommand, flags: LoadFlags): string[] {
  const { duration = Number.POSITIVE_INFINITY, warmup = -1, ifaddr = [], topic = [] } = flags;
  const { password, username, feeder, topicsPayload, mqttVersion } = flags;
  const needsTopic = (command === 'pub' || command === 'sub') && topic.length === 0;
  return told([
    ...entries
      .filter(([key, row]) => row.flags.includes('<time>') && Number(flags[key] ?? 0) > longestMicros)
      .map(([key]) => [true, `${dashed(key)} is more than ${longestInWords}`] as const),
    [
      needsTopic && feeder === undefined && topicsPayload === undefined,
      `${command} needs a topic, for example: mqbench ${command} -t 'bench/%i'`,
    ],
    [
      command !== 'sub' && topic.length > 1,
      `${command} publishes to one -t, and this names ${topic.length}: tell topics apart by %t and --topics`,
    ],
    ...reconnectProblems(flags),
    ...payloadProblems(command, flags),
    [warmup >= duration, '--warmup leaves out the whole --duration: make it shorter'],
    ...ifaddr.map(
      (address) => [isIP(address) === 0, `--ifaddr "${address}" is not an IP address of this machine`] as const,
    ),
    ...texts.map(
      (name) => [textProblem(flags[name] ?? ''), `${dashed(name)} ${textProblem(flags[name] ?? '')}`] as const,
    ),
    [
      password !== undefined && username === undefined && feeder === undefined && mqttVersion !== 5,
      '-P without -u: before MQTT 5 a password needs a user name (MQTT-3.1.2-22)',
    ],
  ]);
}

const texts = ['prefix', 'password'] as const;
/** Whether any client is to dial more than once for a connection. */
export const dialsAgain = ({ reconnect, numRetryConnect, stay }: LoadFlags): boolean =>
  reconnect + numRetryConnect > 0 || stay !== undefined;

function reconnectProblems(flags: LoadFlags): (readonly [boolean, string])[] {
  const { reconnect, reconnectPolicy } = flags;
  const waits = (['reconnectPolicy', 'reconnectFirst', 'reconnectMax'] as const).filter(
    (one) => flags[one] !== undefined,
  );
  const isNever = reconnectPolicy === 'none';
  return [
    [
      isNever && dialsAgain(flags),
      `--reconnect-policy none, and ${againBy(flags)} has clients dial again: leave one out`,
    ],
    [
      !isNever && waits.length > 0 && !dialsAgain(flags),
      `${waits.map(dashed).join(' and ')} ${waits.length > 1 ? 'say' : 'says'} how clients come back, and --reconnect ${reconnect} lets none: add --reconnect 10`,
    ],
  ];
}

const againBy = ({ reconnect, numRetryConnect }: LoadFlags): string =>
  reconnect > 0 ? `--reconnect ${reconnect}` : numRetryConnect > 0 ? '--num-retry-connect' : '--stay';

const payloads = ['message', 'payloadFile', 'template', 'hook'] as const;

function payloadProblems(command: LoadCommand, flags: LoadFlags): (readonly [boolean, string])[] {
  const given = payloads.filter((name) => flags[name] !== undefined).map(dashed);
  const unmeasured = command === 'pubsub' && flags.stamp !== 'property' && given.length === 1;
  return [
    [
      flags.sizes !== undefined && given.length > 0,
      `--sizes is of payloads of mqbench’s own making, and ${given.join(' and ')} gives one: leave one out`,
    ],
    [given.length > 1, `${given.join(' and ')} are several payloads: give one`],
    [
      unmeasured,
      `pubsub measures by what it writes into the payload, so ${given[0]} cannot be used: add -V 5 --stamp property, which measures any payload; or use -s`,
    ],
  ];
}

/** What of the properties of MQTT 5 cannot be. */
export function propertyProblems(flags: LoadFlags): string[] {
  const { payloadFormatIndicator } = flags;
  const text = flags.message ?? flags.template ?? flags.payloadFile ?? flags.hook ?? flags.topicsPayload;
  return told([
    [
      payloadFormatIndicator && text === undefined,
      '--payload-format-indicator says that the payload is UTF-8, and the one mqbench makes is not: give -m, --template, --payload-file or --hook',
    ],
  ]);
}

/** Hosts of -h: by comma, IPv6 with brackets or without. @throws MQB_USAGE for a host with a port */
export function hostNames(text: string): string[] {
  const hosts = list(text)
    .map((host) => host.replace(/^\[(.*)\]$/, '$1'))
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
  const pairs = Array.from({ length: hosts.length * sources.length }, (_, i) =>
    familyProblem(hosts[i % hosts.length]?.host ?? '', sources[i % sources.length] ?? ''),
  );
  return [...new Set(pairs.filter((problem) => problem !== undefined))].map((problem) => `--ifaddr: ${problem}`);
}

/** The headers of --ws-header by name. @throws MQB_USAGE for what is no header */
export function headersOf(texts: readonly string[] | undefined): Record<string, string> | undefined {
  return texts === undefined ? undefined : Object.fromEntries(texts.map(headerOf));
}

export function headerOf(text: string): [name: string, value: string] {
  const at = text.indexOf(':');
  if (at <= 0) throw usage(`--ws-header "${text}" is not a name, ":" and a value`, 'e.g. --ws-header "X-Fleet: north"');
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
