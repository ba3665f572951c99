import { resolve } from 'node:path';
import { definedOf } from '../../../base/own.js';
import { Psks } from '../../../load/client/credentials/psk.js';
import { readFeeder } from '../../../load/feeder/read.js';
import { usualIdentity } from '../../../plan/credentials/psk.js';
import { usualRetry } from '../../../plan/limits.js';
import { type LoadPlan, ownTopics } from '../../../plan/plan.js';
import { reconnectOf } from '../../../plan/reconnect.js';
import type { TransportName } from '../../../transport/contract.js';
import { parseQuicSettings, type QuicSettings } from '../../../transport/quic/settings.js';
import { type BrokerUrl, defaultPorts, parseBrokerUrl } from '../../../transport/url.js';
import { told, usage } from '../../options/parsers.js';
import { dashed } from '../../options/rows.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';
import { jwtOf } from '../options/jwt.js';
import { userProperties } from '../options/message.js';
import { sessionTarget } from '../options/sessions.js';
import { streamTarget } from '../options/streams.js';
import { readCertificates } from '../options/tls.js';
import { willOf } from '../options/will.js';
import { planProblems } from './asked.js';
import { clientIdPrefix, hasFixedIds, identityProblems } from './identity.js';
import { dialsAgain, headersOf, hostNames, inputProblems, propertyProblems, sourceProblems } from './input.js';
import { topicsProblems } from './topics.js';
import { withTemplateFile, workload } from './workload.js';

/** Silence after which a client gives up although something is owed: three times what slow brokers need. */
const longestSilenceMicros = 30e6;

/**
 * The plan that the flags mean.
 * @throws MQB_USAGE naming contradictions, MQB_BAD_URL
 */
export function planOf(
  command: LoadCommand,
  url: string | undefined,
  written: LoadFlags,
  given: ReadonlySet<string>,
  cwd: string,
): LoadPlan {
  const flags = withTemplateFile(written, cwd);
  const parsed = url === undefined ? undefined : parseBrokerUrl(url);
  const transport = transportOf(parsed, flags, given);
  contradictions(command, transport, flags, given, parsed);
  const { stay, away } = flags;
  const prefix = clientIdPrefix(command, flags);
  const work = workload(command, flags, cwd, prefix);
  return {
    target: {
      transport,
      hosts: hostsOf(parsed, transport, flags),
      tls: {
        ...readCertificates(cwd, { ca: flags.cacertfile, cert: flags.certfile, key: flags.keyfile }),
        verify: flags.insecure !== true,
        version: flags.sslVersion,
        ciphers: flags.ciphers?.join(':'),
        signatureAlgorithms: flags.signatureAlgs,
        groups: flags.keyexAlgs,
        serverName: flags.servername,
        alpn: flags.alpn,
      },
      ws: { path: flags.path ?? parsed?.path, headers: headersOf(flags.wsHeader) },
      ...sessionTarget(flags, cwd),
      ...streamTarget(transport, flags, ownTopics(work) ?? work.subscribe?.each),
      ...(transport === 'quic' ? { quic: quicOf(flags) } : { congestionControl: flags.cc }),
    },
    localAddresses: flags.ifaddr ?? [],
    clientIdPrefix: prefix,
    fixedIds: hasFixedIds(flags) || undefined,
    startNumber: flags.startnumber,
    mqttVersion: flags.mqttVersion,
    keepaliveSeconds: flags.keepalive / 1e6,
    clean: flags.clean,
    topics: flags.topics,
    username: flags.username ?? parsed?.username,
    password: flags.password ?? parsed?.password,
    jwt: jwtOf(flags, cwd),
    authMethod: flags.authMethod,
    psk: pskOf(flags, cwd),
    will: willOf(flags),
    properties: propertiesOf(flags),
    connectRate: flags.connrate ?? 1e6 / Math.max(1, flags.interval),
    dialTimeoutMicros: flags.connectTimeout,
    deadAfterMicros: deadAfterOf(flags),
    reconnect: comingBack(flags),
    churn: stay === undefined ? undefined : { stayMicros: stay, awayMicros: away, politely: flags.abrupt !== true },
    feed: flags.feeder === undefined ? undefined : readFeeder(cwd, flags.feeder, work.clients),
    seed: flags.seed,
    // Against somebody else's broker only the clients that were asked for; --warmup leaves out the beginning.
    warmupClients: 0,
    ...work,
  };
}

function transportOf(url: BrokerUrl | undefined, flags: LoadFlags, given: ReadonlySet<string>): TransportName {
  const asked = new Set<TransportName>();
  if (url !== undefined) asked.add(url.transport);
  if (flags.transport !== undefined) asked.add(flags.transport);
  if (flags.quic) asked.add('quic');
  if (flags.ws) asked.add(flags.ssl ? 'wss' : 'ws');
  else if (flags.ssl) asked.add('tls');
  if (asked.size > 1) {
    throw usage(
      `${[...asked].join(' and ')} are two transports`,
      'a run uses one: give a URL, or --transport, or one alias',
    );
  }
  if (url !== undefined && (given.has('host') || given.has('port')))
    throw usage('a URL and -h or -p name the broker twice', 'give one of them');
  return [...asked][0] ?? 'tcp';
}

/** Flags that make no sense together; each with what was probably meant. */
function contradictions(
  command: LoadCommand,
  transport: TransportName,
  flags: LoadFlags,
  given: ReadonlySet<string>,
  url: BrokerUrl | undefined,
): void {
  const { closedLoop, rate, intervalOfMsg, intervals, arrivals, minRandomWait = 0, maxRandomWait = 0 } = flags;
  const isDrawn = intervals !== undefined || arrivals === 'poisson';
  const shapes = (['ramp', 'stages', 'burst'] as const).filter((shape) => flags[shape] !== undefined);
  const hasPace = rate !== undefined || (intervalOfMsg ?? intervals) !== undefined || shapes.length > 0;
  const problems = [
    ...planProblems(command, transport, flags),
    ...told([
      [
        transport === 'quic' && flags.port === 1883 && url === undefined,
        `port 1883 is MQTT over TCP; QUIC listens on ${defaultPorts.quic}/udp by default: leave -p out or give the broker’s UDP port`,
      ],
      [flags.qosMix !== undefined && given.has('qos'), '-q and --qos-mix both say the QoS of messages: give one'],
      [flags.sizes !== undefined && given.has('size'), '-s and --sizes both say how large messages are: give one'],
      [
        isDrawn && flags.burst !== undefined,
        '--burst sends several messages at once, and --intervals or --arrivals poisson each at a time of its own: leave one out',
      ],
      [flags.connrate !== undefined && given.has('interval'), '-R and -i both say how fast clients connect: give one'],
      [
        closedLoop && hasPace,
        '--closed-loop publishes as fast as acknowledgements allow: a rate, an interval or a shape means nothing with it',
      ],
    ]),
    ...identityProblems(command, flags),
    ...inputProblems(command, flags),
    ...propertyProblems(flags),
    ...told([
      [maxRandomWait < minRandomWait, '--max-random-wait is below --min-random-wait: the wait lies between them'],
      [
        closedLoop && minRandomWait + maxRandomWait > 0,
        '--closed-loop has no due times that a random wait could move: give a rate or leave it out',
      ],
    ]),
    ...topicsProblems(flags, given),
    ...told([[shapes.length > 1, `${shapes.map(dashed).join(' and ')} are several shapes of one rate: give one`]]),
  ];
  if (problems.length > 0) throw usage(problems.join('\n  '));
}

function hostsOf(url: BrokerUrl | undefined, transport: TransportName, flags: LoadFlags): LoadPlan['target']['hosts'] {
  const hosts =
    url !== undefined
      ? [{ host: url.host, port: url.port }]
      : hostNames(flags.host).map((host) => ({ host, port: flags.port ?? defaultPorts[transport] }));
  const problems = sourceProblems(hosts, flags.ifaddr ?? []);
  if (problems.length > 0)
    throw usage(problems.join('\n  '), 'give source addresses of the host’s family, or a name that has both');
  return hosts;
}

/** Checked by {@link contradictions} before. */
const quicOf = ({ cc, quicSet = [] }: LoadFlags): LoadPlan['target']['quic'] => ({
  congestionControl: cc as QuicSettings['congestionControl'],
  ...parseQuicSettings(quicSet).settings,
});

/** A ping that is not answered within one and a half keepalives is given up, as a broker gives a client up (MQTT 5.0, 3.1.2.10). */
function deadAfterOf({ deadAfter, keepalive }: LoadFlags): number {
  if (deadAfter !== undefined) return deadAfter;
  return keepalive > 0 ? Math.min(longestSilenceMicros, 1.5 * keepalive) : longestSilenceMicros;
}

function pskOf({ pskFile, pskIdentity = usualIdentity }: LoadFlags, cwd: string): LoadPlan['psk'] {
  if (pskFile === undefined) return undefined;
  const plan = { identity: pskIdentity, file: resolve(cwd, pskFile) };
  new Psks(plan); // what is wrong with the file is told before the load
  return plan;
}

function propertiesOf(flags: LoadFlags): LoadPlan['properties'] {
  if (flags.mqttVersion !== 5) return undefined;
  return definedOf({
    sessionExpiryInterval: flags.sessionExpiry,
    receiveMaximum: flags.rcvMax,
    maximumPacketSize: flags.maximumPacketSize,
    topicAliasMaximum: flags.topicAliasMaximum,
    requestResponseInformation: flags.reqResponseInfo,
    requestProblemInformation: flags.reqProblemInfo === false ? false : undefined,
    userProperties: userProperties(flags.userProperty, '--user-property'),
  });
}

function comingBack(flags: LoadFlags): LoadPlan['reconnect'] {
  const { reconnect: tries, numRetryConnect: connectTries, stay } = flags;
  const waits = reconnectOf(flags, usualRetry);
  if (waits === undefined || !dialsAgain(flags)) return undefined;
  // Clients that come and go try until they are back: a fleet that shrinks would measure less and less.
  return stay !== undefined && tries === 0 ? { ...waits, connectTries } : { ...waits, connectTries, tries };
}
