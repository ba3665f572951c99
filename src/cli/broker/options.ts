import { resolve } from 'node:path';
import { readText } from '../../base/read-file.js';
import type { BrokerOptions } from '../../broker/contract.js';
import { defaultLimits } from '../../broker/limits.js';
import { earlyDataPolicies, type TransportName, tlsVersions, transportNames } from '../../transport/contract.js';
import { serverDefaults } from '../../transport/quic/settings.js';
import { keyPairHint, keyPairProblem } from '../../transport/tls/key-pair.js';
import { readPskFile } from '../../transport/tls/psk-file.js';
import { defaultPorts } from '../../transport/url.js';
import type { Environment } from '../environment.js';
import { collect, offering, oneOf, size, time, usage, whole } from '../options/parsers.js';
import { type FlagsOf, rows } from '../options/rows.js';

const portOrOff = offering(['off'], (text) => (text === 'off' ? false : whole(0, 65_535)(text)));
const interval = time('s', 100_000);
const count = whole(1);

const listeners = Object.fromEntries(
  transportNames.map((name) => [
    name,
    [`--${name} <port>`, `port of the ${name.toUpperCase()} listener, or off`, portOrOff, defaultPorts[name]],
  ]),
) as Record<TransportName, [string, string, typeof portOrOff, number]>;

export const brokerRows = rows({
  host: ['--host <address>', 'address to listen on; 0.0.0.0 is every IPv4 address', undefined, '127.0.0.1'],
  ...listeners,
  caOut: ['--ca-out <file>', 'write the CA that clients must trust'],
  cert: ['--cert <file>', 'certificate (PEM) instead of a throw-away one; needs --key'],
  key: ['--key <file>', 'private key (PEM) of --cert'],
  clientCa: ['--client-ca <file>', 'ask clients for certificates of this CA (PEM); needs --cert'],
  pskFile: [
    '--psk-file <file>',
    "pre-shared keys for tls and wss, instead of a certificate: lines of identity:key, the key in hexadecimal, as mosquitto's psk_file",
  ],
  name: ['--name <name...>', 'further names and addresses for the throw-away certificate', collect],
  tlsVersion: ['--tls-version <version>', 'TLS version of tls and wss: 1.2 or 1.3', oneOf(...tlsVersions), '1.3'],
  ticketKey: [
    '--ticket-key <file>',
    "key of session tickets and QUIC's stateless resets, 48 bytes as hex; brokers that share it accept each other's",
  ],
  rotateTickets: ['--rotate-tickets <interval>', 'how often a fresh random ticket key is taken, e.g. 1h', interval],
  earlyData: [
    '--early-data <policy>',
    'MQTT packets in QUIC 0-RTT data: accept them, reject them, or hold those that could do harm when replayed',
    oneOf(...earlyDataPolicies),
    'hold',
  ],
  datagrams: ['--datagrams', 'QoS 0 in QUIC datagrams with clients that take them, both ways'],
  maxStreams: [
    '--max-streams <n>',
    'QUIC streams that a client may have open at once',
    count,
    serverDefaults.maxStreams,
  ],
  maxConnections: [
    '--max-connections <n>',
    'connections beyond this number are aborted',
    count,
    defaultLimits.connections,
  ],
  maxPacket: [
    '--max-packet <size>',
    'a client that announces a larger packet, header included, is disconnected',
    size(1024),
    defaultLimits.packetBytes,
  ],
  maxQueued: [
    '--max-queued <n>',
    'messages kept for a session whose client is away; further ones are dropped and counted',
    count,
    defaultLimits.queuedMessages,
  ],
  receiveMaximum: [
    '--receive-maximum <n>',
    'messages of QoS 2 that an MQTT 5 client may have under way at once',
    whole(1, 65_535),
    defaultLimits.receiveMaximum,
  ],
  topicAliasMaximum: [
    '--topic-alias-maximum <n>',
    'topic aliases that an MQTT 5 client may use on a connection',
    whole(0, 65_535),
    defaultLimits.topicAliases,
  ],
  maxKeepalive: [
    '--max-keepalive <time>',
    'an MQTT 5 client that asks for a longer keepalive, or none, is given this one; whole seconds',
    interval,
  ],
  connectTimeout: [
    '--connect-timeout <time>',
    'longest time for a TLS or WebSocket handshake, and again for CONNECT after it',
    interval,
    defaultLimits.connectMs * 1000,
  ],
  stats: ['--stats <interval>', 'print a line of statistics at this interval, e.g. 5s', interval],
  prometheus: ['--prometheus [address]', 'serve /metrics for Prometheus (default address: 127.0.0.1:9464)'],
});

/** What the command line of `mqbench broker` says. Intervals are microseconds. */
export type BrokerFlags = FlagsOf<typeof brokerRows>;

/** What the flags mean. @throws MQB_USAGE for flags that contradict each other or files that cannot be read */
export function brokerOptions(env: Environment, flags: BrokerFlags): BrokerOptions {
  const listeners: Partial<Record<TransportName, { port: number }>> = {};
  for (const name of transportNames) {
    const port = flags[name];
    if (typeof port === 'number') listeners[name] = { port };
  }
  if (Object.keys(listeners).length === 0) throw usage('every listener is off', 'leave at least one of them on');
  if (flags.ticketKey !== undefined && flags.rotateTickets !== undefined) {
    throw usage(
      '--ticket-key and --rotate-tickets contradict each other',
      'a shared key is rotated by whoever shares it',
    );
  }
  return {
    host: flags.host,
    listeners,
    tls: certificateFiles(env, flags),
    psks: keysOf(env, flags),
    names: flags.name,
    tlsVersion: flags.tlsVersion,
    ticketKeyHex: flags.ticketKey === undefined ? undefined : ticketKey(env.cwd, flags.ticketKey),
    earlyData: flags.earlyData,
    quic: { datagrams: flags.datagrams === true, maxStreams: flags.maxStreams },
    limits: {
      connections: flags.maxConnections,
      packetBytes: flags.maxPacket,
      queuedMessages: flags.maxQueued,
      connectMs: flags.connectTimeout / 1000,
      receiveMaximum: flags.receiveMaximum,
      topicAliases: flags.topicAliasMaximum,
      keepaliveSeconds: Math.min(Math.ceil((flags.maxKeepalive ?? 0) / 1e6), 65_535),
    },
    keyLogFile: env.variables.SSLKEYLOGFILE || undefined,
  };
}

/** Pre-shared keys by identity; undefined: clients look at a certificate. @throws MQB_USAGE */
function keysOf(env: Environment, { pskFile, clientCa, tls, wss }: BrokerFlags): BrokerOptions['psks'] {
  if (pskFile === undefined) return undefined;
  if (tls === false && wss === false)
    throw usage('--psk-file is of tls and wss, and both are off', 'leave one of them on');
  if (clientCa !== undefined)
    throw usage('--psk-file is in the place of certificates, and --client-ca asks for them', 'leave one of them out');
  const keys = readPskFile(resolve(env.cwd, pskFile));
  if (keys.size === 0) throw usage(`${pskFile} has no key`, 'a line for each client: identity:key');
  return Object.fromEntries(keys);
}

/** The certificate that a server shows, from files; undefined: none is given. @throws MQB_USAGE */
export function certificateFiles(
  env: Environment,
  { cert, key, clientCa }: Pick<BrokerFlags, 'cert' | 'key' | 'clientCa'>,
): BrokerOptions['tls'] {
  if ((cert === undefined) !== (key === undefined)) {
    throw usage('--cert and --key belong together', 'give both, or neither for a throw-away certificate');
  }
  if (cert === undefined || key === undefined) {
    if (clientCa === undefined) return undefined;
    throw usage('--client-ca needs --cert and --key', 'give the certificate of the broker too');
  }
  const read = (file: string): string => readText(env.cwd, file, 'give the path of a PEM file that can be read');
  const pair = { cert: read(cert), key: read(key) };
  const problem = keyPairProblem(pair.cert, pair.key);
  if (problem !== undefined) throw usage(`${cert} and ${key}: ${problem}`, keyPairHint);
  return { ...pair, clientCa: clientCa && read(clientCa) };
}

function ticketKey(cwd: string, file: string): string {
  const hex = readText(cwd, file, 'make one with: openssl rand -hex 48').replace(/\s/g, '');
  if (!/^[0-9a-f]{96}$/i.test(hex))
    throw usage(`${file} is not 48 bytes as hex`, 'make one with: openssl rand -hex 48');
  return hex;
}
