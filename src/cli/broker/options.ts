import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration, parseSize } from '../../base/units.js';
import type { BrokerOptions } from '../../broker/contract.js';
import { defaultLimits } from '../../broker/limits.js';
import {
  type EarlyDataPolicy,
  earlyDataPolicies,
  type TlsVersion,
  type TransportName,
  tlsVersions,
  transportNames,
} from '../../transport/contract.js';
import { serverDefaults } from '../../transport/quic/settings.js';
import { keyPairHint, keyPairProblem } from '../../transport/tls/key-pair.js';
import { defaultPorts } from '../../transport/url.js';
import type { Environment } from '../environment.js';
import { readText, usage, whole } from '../parsers.js';

/** What the command line of `mqbench broker` says. Intervals are microseconds. */
export interface BrokerFlags extends Partial<Record<TransportName, number | false>> {
  host: string;
  caOut?: string;
  cert?: string;
  key?: string;
  clientCa?: string;
  name?: string[];
  tlsVersion?: TlsVersion;
  ticketKey?: string;
  rotateTickets?: number;
  earlyData: EarlyDataPolicy;
  datagrams?: boolean;
  maxStreams: number;
  maxConnections: number;
  maxPacket: number;
  maxQueued: number;
  connectTimeout: number;
  stats?: number;
  prometheus?: string | true;
}

/** Adds the options of `mqbench broker`. */
export function addBrokerOptions(command: Command): Command {
  command.option('--host <address>', 'address to listen on; 0.0.0.0 is every IPv4 address', '127.0.0.1');
  for (const name of transportNames) {
    command.addOption(
      new Option(`--${name} <port>`, `port of the ${name.toUpperCase()} listener, or off`)
        .default(defaultPorts[name])
        .argParser(portOrOff),
    );
    command.addOption(new Option(`--no-${name}`).hideHelp());
  }
  return command
    .option('--ca-out <file>', 'write the CA that clients must trust')
    .option('--cert <file>', 'certificate (PEM) instead of a throw-away one; needs --key')
    .option('--key <file>', 'private key (PEM) of --cert')
    .option('--client-ca <file>', 'ask clients for certificates of this CA (PEM); needs --cert')
    .option('--name <name...>', 'further names and addresses for the throw-away certificate')
    .addOption(new Option('--tls-version <version>', 'TLS version of tls and wss').choices(tlsVersions).default('1.3'))
    .option(
      '--ticket-key <file>',
      "key of session tickets and QUIC's stateless resets, 48 bytes as hex; brokers that share it accept each other's",
    )
    .option('--rotate-tickets <interval>', 'how often a fresh random ticket key is taken, e.g. 1h', interval)
    .addOption(
      new Option(
        '--early-data <policy>',
        'MQTT packets in QUIC 0-RTT data: accept them, reject them, or hold those that could do harm when replayed',
      )
        .choices(earlyDataPolicies)
        .default('hold'),
    )
    .option('--datagrams', 'QoS 0 in QUIC datagrams with clients that take them, both ways')
    .option('--max-streams <n>', 'QUIC streams that a client may have open at once', count, serverDefaults.maxStreams)
    .option('--max-connections <n>', 'connections beyond this number are aborted', count, defaultLimits.connections)
    .option(
      '--max-packet <size>',
      'a client that announces a larger packet, header included, is disconnected',
      size,
      defaultLimits.packetBytes,
    )
    .option(
      '--max-queued <n>',
      'messages kept for a session whose client is away; further ones are dropped and counted',
      count,
      defaultLimits.queuedMessages,
    )
    .addOption(
      new Option(
        '--connect-timeout <time>',
        'longest time for a TLS or WebSocket handshake, and again for CONNECT after it',
      )
        .default(defaultLimits.connectMs * 1000, '15s')
        .argParser(interval),
    )
    .option('--stats <interval>', 'print a line of statistics at this interval, e.g. 5s', interval)
    .option('--prometheus [address]', 'serve /metrics for Prometheus (default address: 127.0.0.1:9464)');
}

function portOrOff(text: string): number | false {
  if (text === 'off') return false;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a port, 0 for a free one, or off.');
  return port;
}

function interval(text: string): number {
  const micros = parseDuration(text, 's');
  if (micros < 100_000) throw new InvalidArgumentError('The shortest interval is 100ms.');
  return micros;
}

const count = whole(1);

function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes < 1024) throw new InvalidArgumentError('The smallest is 1KiB.');
  return bytes;
}

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
    },
    keyLogFile: env.variables.SSLKEYLOGFILE || undefined,
  };
}

function certificateFiles(env: Environment, { cert, key, clientCa }: BrokerFlags): BrokerOptions['tls'] {
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
  return { ...pair, ...(clientCa === undefined ? {} : { clientCa: read(clientCa) }) };
}

function ticketKey(cwd: string, file: string): string {
  const hex = readText(cwd, file, 'make one with: openssl rand -hex 48').replace(/\s/g, '');
  if (!/^[0-9a-f]{96}$/i.test(hex))
    throw usage(`${file} is not 48 bytes as hex`, 'make one with: openssl rand -hex 48');
  return hex;
}
