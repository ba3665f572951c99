import { describe, expect, it } from 'vitest';
import { loadCommand } from '../../../src/cli/load/command.js';
import type { LoadCommand } from '../../../src/cli/load/options/flags.js';
import { loadOptions } from '../../../src/cli/load/options/options.js';
import { optionNames } from '../../../src/cli/options/rows.js';
import { readScenario } from '../../../src/scenario/read.js';
import { fakeEnvironment } from '../../helpers/fake-environment.js';
import { fc } from '../../helpers/properties.js';

/** A load as somebody means it, before it is written at one of the doors. */
const meant = fc.record(
  {
    command: fc.constantFrom('conn', 'pub', 'sub', 'pubsub'),
    transport: fc.constantFrom('tcp', 'tls', 'ws', 'wss', 'quic'),
    tlsVersion: fc.constantFrom('1.2', '1.3'),
    resumption: fc.constantFrom('none', 'ticket', 'early-data'),
    streams: fc.constantFrom('control', 'per-topic', 2),
    datagrams: fc.constant(true),
    clients: fc.constantFrom(1, 5000),
    keepalive: fc.constantFrom('0s', '1s', '1500ms', '100ms', '65535s', '65536s', '20h'),
    deadAfter: fc.constantFrom('0s', '2s'),
    duration: fc.constantFrom('0s', '2s'),
    reconnect: fc.boolean(),
    policy: fc.constantFrom('fixed', 'equal-jitter', 'full-jitter', 'decorrelated'),
    first: fc.constantFrom('0s', '1s', '9s'),
    max: fc.constantFrom('100ms', '2s'),
    topics: fc.constantFrom(1, 3),
    topic: fc.constantFrom('a/%i', 'a/%t', 'a/#', 'a+', 'a/+/%t', 'a\u0000', 'x'.repeat(70_000)),
    qos: fc.constantFrom(0, 1, 2),
    payload: fc.constantFrom('0', '19', '20', '256', '269000000'),
    rate: fc.constantFrom('1', '20k'),
    interval: fc.constantFrom('0s', '1us', '1ms', '1s'),
  },
  { requiredKeys: ['command', 'transport', 'clients', 'reconnect', 'topic', 'qos'] },
);
type Meant = typeof meant extends fc.Arbitrary<infer T> ? T : never;

describe('a load that one of the doors refuses', () => {
  it('is refused by the other, for the same reasons', async () => {
    const refused = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(meant, async (load) => {
        const atFlags = await reasonsOfFlags(load);
        expect(atFlags).toEqual(reasonsOfScenario(load));
        for (const reason of atFlags) refused.set(settingOf(reason), (refused.get(settingOf(reason)) ?? 0) + 1);
      }),
      { numRuns: 150 },
    );
    const seen = [
      'datagrams',
      'deadAfter',
      'duration',
      'filters',
      'interval',
      'keepalive',
      'payload',
      'reconnectFirst',
      'reconnectMax',
      'resumption',
    ];
    expect([...refused.keys()].sort()).toEqual([...seen, 'streams', 'tlsVersion', 'topic', 'topics']);
  });
});

const settingOf = (reason: string): string => reason.split(' ', 1)[0] as string;

const publishes = ({ command }: Meant): boolean => command === 'pub' || command === 'pubsub';
const talks = ({ command }: Meant): boolean => command !== 'conn';

/** What the command says against it, in the settings' own names. */
async function reasonsOfFlags(load: Meant): Promise<string[]> {
  const command = loadCommand(fakeEnvironment('/'), load.command as LoadCommand, '', async () => {});
  const error = await command
    .exitOverride()
    .parseAsync(argvOf(load), { from: 'user' })
    .then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
  return (error?.split('\n') ?? []).map((line) => plain(inSettings(line.trim(), load))).sort();
}

function argvOf(load: Meant): string[] {
  const { command, transport, clients } = load;
  const of = (flag: string, value: string | number | undefined, has = true): string[] =>
    value === undefined || !has ? [] : [flag, String(value)];
  return [
    ...['--transport', transport, ...(command === 'pubsub' ? ['--pattern', 'own', '--pubs'] : ['-c']), String(clients)],
    ...of('--ssl-version', load.tlsVersion),
    ...of('--resumption', load.resumption),
    ...of('--streams', load.streams, talks(load)),
    ...(load.datagrams && talks(load) ? ['--datagrams'] : []),
    ...of('-k', load.keepalive),
    ...of('--dead-after', load.deadAfter),
    ...of('--duration', load.duration),
    ...(load.reconnect ? ['--reconnect', '3'] : []),
    ...of('--reconnect-policy', load.policy, load.reconnect),
    ...of('--reconnect-first', load.first, load.reconnect),
    ...of('--reconnect-max', load.max, load.reconnect),
    ...of('--topics', load.topics, talks(load)),
    ...of('-t', load.topic, talks(load)),
    ...of('-q', load.qos, talks(load)),
    ...of('-s', load.payload, publishes(load)),
    ...of('--rate', load.rate, publishes(load)),
    ...of('-I', load.interval, publishes(load)),
  ];
}

/** What a file says of it. */
function reasonsOfScenario(load: Meant): string[] {
  const {
    transport,
    tlsVersion,
    resumption,
    clients,
    keepalive,
    deadAfter,
    duration,
    topic,
    qos,
    payload,
    rate,
    interval,
  } = load;
  const { streams, datagrams, topics } = talks(load) ? load : ({} as Partial<Meant>);
  const listens = load.command === 'sub' ? { subscribe: { topic, qos } } : undefined;
  const file = {
    title: 't',
    network: 'none',
    arms: [{ transport, tlsVersion, resumption, streams, datagrams }],
    load: {
      ...{ clients, connectRate: '1000/s', keepalive, deadAfter, duration, topics },
      reconnect: load.reconnect && { policy: load.policy, first: load.first, max: load.max },
      ...(publishes(load) && { publish: { topic, qos, payload, rate, interval } }),
      ...(load.command === 'pubsub' ? { subscribe: { topic: '#', qos } } : listens),
    },
  };
  try {
    readScenario(JSON.stringify(file), 'x.yaml');
    return [];
  } catch (error) {
    const [, ...lines] = (error as Error).message.split('\n');
    return lines
      .map((line) => plain(line.replace(/^ *x\.yaml:\d+:\d+ \S+?(\w+\.)?(\w+): /, settingInFile)))
      .map((line) => line.replaceAll(/reconnect\.(policy|first|max)/g, (_, name: string) => reconnecting(name)))
      .sort();
  }
}

function settingInFile(_: string, parent: string | undefined, name: string): string {
  if (parent === 'reconnect.') return `${reconnecting(name)} `;
  return parent === 'subscribe.' && name === 'topic' ? 'filters ' : `${name} `;
}

/** The setting that is `reconnect.first` in a file. */
const reconnecting = (name: string): string => `reconnect${name[0]?.toUpperCase()}${name.slice(1)}`;

const settings: Readonly<Record<string, string>> = {
  sslVersion: 'tlsVersion',
  size: 'payload',
  intervalOfMsg: 'interval',
};

/** A sentence with settings in the place of options, and without the value that stands behind the first. */
function inSettings(line: string, { command }: Meant): string {
  let text = line.replace(/^(-t) ".*?…?" /su, '$1 ');
  for (const [key, { flags }] of Object.entries(loadOptions)) {
    const names = optionNames(flags).split(', ');
    const setting = key === 'topic' && command === 'sub' ? 'filters' : (settings[key] ?? key);
    for (const name of [...names, `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`])
      text = text.replace(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'), setting);
  }
  return text;
}

/** Without what the doors say differently: who it is about, where settings are in a file, and the remedy. */
const plain = (text: string): string =>
  text
    .replace(/this (run|arm|load)/, 'it')
    .replace(/: (add|say) .*$|, or -V 5.*$|, or mqttVersion.*$/, '')
    .replaceAll(/\b(load|publish)\./g, '');
