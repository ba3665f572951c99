import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { codeOf, messageOf } from '../../base/errors.js';
import { formatCount, formatSize } from '../../base/units.js';
import { Broker } from '../../broker/broker.js';
import type { BrokerOptions, BrokerStats } from '../../broker/contract.js';
import type { Refusal } from '../../broker/intake/judge.js';
import { brokerRegistry } from '../../broker/prometheus.js';
import { StatsReader } from '../../broker/stats.js';
import { MetricsServer, parseMetricsAddress } from '../../metrics/metrics-server.js';
import { transportNames } from '../../transport/contract.js';
import { defaultPorts } from '../../transport/url.js';
import { watchDescriptors } from '../descriptor-limit.js';
import type { Environment } from '../environment.js';
import { addOptions } from '../options/rows.js';
import { metricsAddress, tellListeners, writeCa } from './announce.js';
import { type BrokerFlags, brokerOptions, brokerRows } from './options.js';

const examples = `
Examples:
  mqbench broker                              on 127.0.0.1, all transports, throw-away certificate
  mqbench broker --host 0.0.0.0 --ca-out ca.pem
  mqbench broker --tcp 1884 --ws off --wss off --stats 5s
  mosquitto_sub -h 127.0.0.1 -p 8883 --cafile ca.pem -t '#'`;

/** `mqbench broker`: the reference broker until it is interrupted. */
export function command(env: Environment): Command {
  const command = addOptions(new Command('broker'), brokerRows);
  for (const name of transportNames) command.addOption(new Option(`--no-${name}`).hideHelp());
  return command.addHelpText('after', examples).action((flags: BrokerFlags) => serve(env, flags));
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
  let metrics: MetricsServer | undefined;
  const timers: NodeJS.Timeout[] = [];
  let stopWatching = (): void => {};
  try {
    announce(env, broker, flags);
    broker.traffic.onRefused = firstOfEachKind(env);
    const { stats, rotateTickets, prometheus } = flags;
    if (prometheus !== undefined) {
      const address = parseMetricsAddress(prometheus === true ? metricsAddress : prometheus);
      metrics = await MetricsServer.open(address, brokerRegistry(broker));
      env.stdout.write(`metrics    ${metrics.url}\n`);
    }
    env.stdout.write('MQTT 3.1, 3.1.1 and 5; Ctrl-C ends\n');
    if (stats !== undefined) timers.push(setInterval(printStats(env, reader), stats / 1000));
    if (rotateTickets !== undefined) {
      timers.push(setInterval(() => broker.rotateTicketKey(randomBytes(48)), rotateTickets / 1000));
    }
    stopWatching = watchDescriptors((line) => env.stderr.write(`mqbench: ${line}\n`));
    await interrupted;
    env.stdout.write('closing\n');
  } finally {
    stopWatching();
    for (const timer of timers) clearInterval(timer);
    reader.stop();
    await metrics?.close();
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

/** What it listens on, and what others need to connect. */
function announce(env: Environment, broker: Broker, flags: BrokerFlags): void {
  const { addresses, ca } = broker.ready;
  tellListeners(env, addresses);
  if (flags.caOut !== undefined && ca === '') {
    env.stdout.write('no listener shows a certificate, so --ca-out has nothing to write\n');
  } else if (flags.caOut !== undefined) {
    writeCa(env, flags.caOut, ca);
  } else if (ca !== '') {
    const who = flags.pskFile === undefined ? 'tls, wss and quic need' : 'quic need';
    env.stdout.write(`clients of ${who} the CA: --ca-out <file> writes it\n`);
  }
}

/** The first refusal of a kind is worth a line; a fleet that is set up wrongly must not flood the terminal with them. */
function firstOfEachKind(env: Environment): (refusal: Refusal) => void {
  const said = new Set<string>();
  return (refusal) => {
    if (said.has(refusal.kind)) return;
    said.add(refusal.kind);
    env.stderr.write(`mqbench: ${cutOff(refusal)}\n`);
  };
}

function cutOff(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'too-large': {
      const [bytes, allowed] = [formatCount(refusal.bytes), formatCount(refusal.allowed)];
      return (
        `cut off a client that sent a packet of ${bytes} B, and ${allowed} B are allowed (--max-packet). ` +
        'Further ones are counted as mqtt.packetsTooLarge.'
      );
    }
    case 'version':
      return (
        `refused a client that speaks version ${refusal.version} of the protocol; this broker speaks 5 (MQTT 5), 4 (3.1.1) and 3 (3.1). ` +
        'Further ones are counted as mqtt.versionsRefused.'
      );
    case 'malformed':
      return `cut off a client that sent what is no MQTT: ${refusal.fault}. Further ones are counted as mqtt.packetsMalformed.`;
  }
}

/** A line of totals and of rates since the line before. */
function printStats(env: Environment, reader: StatsReader): () => void {
  let before = reader.read();
  let at = performance.now();
  return () => {
    const [now, then] = [reader.read(), at];
    at = performance.now();
    env.stdout.write(`${statsLine(before, now, (at - then) / 1000)}\n`);
    before = now;
  };
}

function statsLine(before: BrokerStats, now: BrokerStats, seconds: number): string {
  const rate = (count: (stats: BrokerStats) => number): number => (count(now) - count(before)) / seconds;
  const clients = Object.entries(now.connections).map(([name, count]) => `${name} ${formatCount(count)}`);
  const cpu = rate((stats) => stats.cpuUserMicros + stats.cpuSystemMicros) / 1e6;
  const dropped = now.counters['mqtt.droppedForAway'] ?? 0;
  return [
    `clients: ${clients.join(', ')}`,
    `publish in ${formatCount(rate((stats) => stats.publishesReceived))}/s`,
    `out ${formatCount(rate((stats) => stats.publishesDelivered))}/s`,
    `CPU ${(cpu * 100).toFixed(0)} %`,
    `memory ${formatSize(now.rssBytes)}`,
    `event loop p99 ${(now.loopDelayP99Micros / 1000).toFixed(1)} ms`,
    ...(dropped > 0 ? [`dropped for sessions away ${formatCount(dropped)}`] : []),
  ].join(' · ');
}
