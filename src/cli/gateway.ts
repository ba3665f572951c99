import { Command } from 'commander';
import type { GatewayOptions } from '../gateway/contract.js';
import { Gateway } from '../gateway/gateway.js';
import { gatewayRegistry } from '../gateway/prometheus.js';
import { MetricsServer, parseMetricsAddress } from '../metrics/metrics-server.js';
import { type Address, tlsVersions } from '../transport/contract.js';
import { throwAwayCertificates } from '../transport/tls/certs.js';
import { formatBrokerUrl, parseBrokerUrl } from '../transport/url.js';
import { metricsAddress, tellListeners, writeCa } from './broker/announce.js';
import { certificateFiles } from './broker/options.js';
import { watchDescriptors } from './descriptor-limit.js';
import type { Environment } from './environment.js';
import { collect, oneOf, usage } from './options/parsers.js';
import { addOptions, type FlagsOf, mandatory, rows } from './options/rows.js';

const examples = `
Examples:
  mqbench gateway --to mqtt://127.0.0.1:1883 --listen quic://:14567 --ca-out ca.pem
  mqbench gateway --to mqtt://broker:1883 --listen quic://0.0.0.0:14567 --listen mqtts://0.0.0.0:8883 --cert cert.pem --key key.pem
A listener without a host is on 127.0.0.1. Each client has a connection of its own to the broker, which it keeps when its
address changes; 0-RTT data is not taken, as only a broker can say what a replay would do.`;

const gatewayRows = rows({
  to: ['--to <url>', 'the broker behind it, mqtt://', undefined, mandatory],
  listen: ['--listen <url>', 'where clients come: quic://, mqtts://, ws:// or wss:// (once per transport)', collect],
  proxyProtocol: ['--proxy-protocol <version>', 'tell the broker who its clients are: v2', oneOf('v2')],
  caOut: ['--ca-out <file>', 'write the CA that clients must trust'],
  cert: ['--cert <file>', 'certificate (PEM) instead of a throw-away one; needs --key'],
  key: ['--key <file>', 'private key (PEM) of --cert'],
  name: ['--name <name...>', 'further names and addresses for the throw-away certificate', collect],
  tlsVersion: ['--tls-version <version>', 'TLS version of mqtts and wss: 1.2 or 1.3', oneOf(...tlsVersions), '1.3'],
  prometheus: ['--prometheus [address]', `serve /metrics for Prometheus (default address: ${metricsAddress})`],
});
export type GatewayFlags = FlagsOf<typeof gatewayRows>;

/** `mqbench gateway`: QUIC, TLS and WebSocket in front of a broker that speaks TCP, until it is interrupted. */
export function command(env: Environment): Command {
  return addOptions(new Command('gateway'), gatewayRows)
    .addHelpText('after', examples)
    .action((flags: GatewayFlags) => serve(env, flags));
}

async function serve(env: Environment, flags: GatewayFlags): Promise<void> {
  const interrupted = new Promise<void>((done) => {
    const stopListening = env.onInterrupt(() => {
      stopListening();
      done();
    });
  });
  const { options, ca } = await gatewayOptions(env, flags);
  const gateway = await Gateway.start(options);
  let metrics: MetricsServer | undefined;
  let stopWatching = (): void => {};
  const told = new Set<string>();
  gateway.onTrouble = (says) => {
    // A broker that is away must not flood the terminal with its clients.
    if (told.has(says) || told.size > 20) return;
    told.add(says);
    env.stderr.write(`mqbench: ${says} (said once)\n`);
  };
  try {
    tellListeners(env, gateway.ready.addresses);
    env.stdout.write(`to         ${formatBrokerUrl('tcp', options.to.host, options.to.port)}\n`);
    if (flags.caOut !== undefined) writeCa(env, flags.caOut, ca);
    if (flags.prometheus !== undefined) {
      const address = parseMetricsAddress(flags.prometheus === true ? metricsAddress : flags.prometheus);
      metrics = await MetricsServer.open(address, gatewayRegistry(gateway));
      env.stdout.write(`metrics    ${metrics.url}\n`);
    }
    env.stdout.write('Ctrl-C ends\n');
    stopWatching = watchDescriptors((line) => env.stderr.write(`mqbench: ${line}\n`));
    await interrupted;
    env.stdout.write('closing\n');
  } finally {
    stopWatching();
    await metrics?.close();
    await gateway.close();
  }
}

/** What the flags mean. @throws MQB_USAGE listing what cannot be, MQB_BAD_URL */
export async function gatewayOptions(
  env: Environment,
  flags: GatewayFlags,
): Promise<{ readonly options: GatewayOptions; readonly ca: string }> {
  const { listen = [], tlsVersion: version, proxyProtocol } = flags;
  const to = parseBrokerUrl(flags.to);
  if (to.transport !== 'tcp')
    throw usage(`--to ${flags.to}: the gateway speaks TCP to the broker`, 'write it like mqtt://broker:1883');
  if (listen.length === 0) throw usage('nothing to listen on', 'e.g. --listen quic://:14567 --listen mqtts://:8883');
  const listeners: Record<string, Address> = {};
  for (const text of listen) {
    const { transport, host, port } = parseBrokerUrl(text.replace(/^([\w-]+:\/\/)(?=:)/, '$1127.0.0.1'));
    if (transport === 'tcp') throw usage(`--listen ${text}: clients over TCP reach the broker without a gateway`);
    if (listeners[transport]) throw usage(`--listen ${text}: there is a listener for ${transport} already`);
    listeners[transport] = { host, port };
  }
  const { ca, cert, key } = await certificatesOf(env, flags, Object.values(listeners));
  const { host, port } = to;
  return { options: { listeners, to: { host, port }, tls: { cert, key, version }, proxyProtocol }, ca };
}

async function certificatesOf(env: Environment, flags: GatewayFlags, listeners: readonly Address[]) {
  const files = certificateFiles(env, flags);
  if (files) return { ca: files.cert, cert: files.cert, key: files.key };
  return throwAwayCertificates([
    ...listeners.map(({ host }) => host).filter((host) => host !== '0.0.0.0' && host !== '::'),
    ...(flags.name ?? []),
  ]);
}
