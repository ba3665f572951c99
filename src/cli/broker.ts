import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { formatCount, formatSize, parseDuration } from '../base/units.js';
import { Broker } from '../broker/broker.js';
import type { BrokerOptions, BrokerStats } from '../broker/contract.js';
import { StatsReader } from '../broker/stats.js';
import { type TransportName, transportNames } from '../transport/contract.js';
import { defaultPorts, formatBrokerUrl } from '../transport/url.js';
import type { Environment } from './environment.js';

const examples = `
Examples:
  mqbench broker                              on 127.0.0.1, all transports, throw-away certificate
  mqbench broker --host 0.0.0.0 --ca-out ca.pem
  mqbench broker --tcp 1884 --ws off --wss off --stats 5s
  mosquitto_sub -h 127.0.0.1 -p 8883 --cafile ca.pem -t '#'`;

interface BrokerFlags extends Partial<Record<TransportName, number | false>> {
  host: string;
  caOut?: string;
  cert?: string;
  key?: string;
  clientCa?: string;
  name?: string[];
  tlsVersion?: '1.2' | '1.3';
  stats?: number;
}

/** `mqbench broker`: the reference broker until it is interrupted. */
export function brokerCommand(env: Environment): Command {
  const command = new Command('broker')
    .description('run the reference broker (MQTT 3.1 and 3.1.1) on every transport')
    .option('--host <address>', 'address to listen on; 0.0.0.0 is every IPv4 address', '127.0.0.1');
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
    .addOption(
      new Option('--tls-version <version>', 'TLS version of tls and wss').choices(['1.2', '1.3']).default('1.3'),
    )
    .option('--stats <interval>', 'print a line of statistics that often, e.g. 5s', interval)
    .addHelpText('after', examples)
    .action((flags: BrokerFlags) => serve(env, flags));
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

async function serve(env: Environment, flags: BrokerFlags): Promise<void> {
  const interrupted = new Promise<void>((done) => {
    const stopListening = env.onInterrupt(() => {
      stopListening();
      done();
    });
  });
  const broker = await start(env, brokerOptions(env, flags));
  const reader = new StatsReader(broker);
  let timer: NodeJS.Timeout | undefined;
  try {
    announce(env, broker, flags);
    if (flags.stats !== undefined) timer = setInterval(printStats(env, reader), flags.stats / 1000);
    await interrupted;
    env.stdout.write('closing\n');
  } finally {
    clearInterval(timer);
    reader.stop();
    await broker.close();
  }
}

/** QUIC that was not asked for must not keep a machine without its binding from the other transports. */
async function start(env: Environment, options: BrokerOptions): Promise<Broker> {
  try {
    return await Broker.start(options);
  } catch (error) {
    const { quic, ...others } = options.listeners;
    const byDefault = quic?.port === defaultPorts.quic;
    if (codeOf(error) !== 'MQB_QUIC_UNAVAILABLE' || !byDefault || Object.keys(others).length === 0) throw error;
    env.stderr.write(`mqbench: no QUIC listener: ${messageOf(error)}\n`);
    return Broker.start({ ...options, listeners: others });
  }
}

function brokerOptions(env: Environment, flags: BrokerFlags): BrokerOptions {
  const listeners: Partial<Record<TransportName, { port: number }>> = {};
  for (const name of transportNames) {
    const port = flags[name];
    if (typeof port === 'number') listeners[name] = { port };
  }
  if (Object.keys(listeners).length === 0) throw usage('every listener is off', 'leave at least one of them on');
  const { cert, key, clientCa, host, name: names, tlsVersion } = flags;
  if ((cert === undefined) !== (key === undefined)) {
    throw usage('--cert and --key belong together', 'give both, or neither for a throw-away certificate');
  }
  if (clientCa !== undefined && cert === undefined) {
    throw usage('--client-ca needs --cert and --key', 'give the certificate of the broker too');
  }
  const read = (file: string): string => readPem(resolve(env.cwd, file));
  const tls =
    cert === undefined || key === undefined
      ? undefined
      : { cert: read(cert), key: read(key), ...(clientCa === undefined ? {} : { clientCa: read(clientCa) }) };
  return { host, listeners, tls, names, tlsVersion };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usage(`read ${file}: ${messageOf(error)}`, 'give the path of a PEM file that can be read');
  }
}

function usage(message: string, hint: string): MqbenchError {
  return new MqbenchError('MQB_USAGE', message, { hint, exitCode: exitCodes.usage });
}

/** What it listens on, and what others need to connect. */
function announce(env: Environment, broker: Broker, flags: BrokerFlags): void {
  const { addresses, ca } = broker.ready;
  for (const name of transportNames) {
    const address = addresses[name];
    if (!address) continue;
    const path = name === 'ws' || name === 'wss' ? '/mqtt' : '';
    env.stdout.write(`listening  ${name.padEnd(5)}${formatBrokerUrl(name, address.host, address.port, path)}\n`);
  }
  if (flags.caOut !== undefined) {
    const file = resolve(env.cwd, flags.caOut);
    try {
      writeFileSync(file, ca);
    } catch (error) {
      throw new MqbenchError('MQB_OUTPUT', `write the CA: ${messageOf(error)}`, {
        hint: 'give a path that can be written',
      });
    }
    env.stdout.write(`clients of tls, wss and quic trust ${file}\n`);
  } else if (addresses.tls || addresses.wss || addresses.quic) {
    env.stdout.write('clients of tls, wss and quic need the CA: --ca-out <file> writes it\n');
  }
  env.stdout.write('MQTT 3.1 and 3.1.1; Ctrl-C ends\n');
}

/** A line of totals and of rates since the line before. */
function printStats(env: Environment, reader: StatsReader): () => void {
  let before = reader.read();
  let at = performance.now();
  return () => {
    const now = reader.read();
    const seconds = (performance.now() - at) / 1000;
    at = performance.now();
    env.stdout.write(`${statsLine(before, now, seconds)}\n`);
    before = now;
  };
}

function statsLine(before: BrokerStats, now: BrokerStats, seconds: number): string {
  const rate = (count: (stats: BrokerStats) => number): number => (count(now) - count(before)) / seconds;
  const clients = transportNames
    .filter((name) => now.connections[name] !== undefined)
    .map((name) => `${name} ${formatCount(now.connections[name] ?? 0)}`);
  const cpu = rate((stats) => stats.cpuUserMicros + stats.cpuSystemMicros) / 1e6;
  return [
    `clients: ${clients.join(', ')}`,
    `publish in ${formatCount(rate((stats) => stats.publishesReceived))}/s`,
    `out ${formatCount(rate((stats) => stats.publishesDelivered))}/s`,
    `CPU ${(cpu * 100).toFixed(0)} %`,
    `memory ${formatSize(now.rssBytes)}`,
    `event loop p99 ${(now.loopDelayP99Micros / 1000).toFixed(1)} ms`,
  ].join(' · ');
}
