import { env } from 'node:process';
import { usageError } from '../base/errors.js';
import { definedOf } from '../base/own.js';
import { readText } from '../base/read-file.js';
import type { BrokerOptions } from '../broker/contract.js';
import type { FleetPlan, LoadPlan } from '../plan/plan.js';
import { topicStreams } from '../plan/streams.js';
import { quicTerms } from '../scenario/quic-terms.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';
import type { ClientTls, DialOptions, TransportName } from '../transport/contract.js';
import { serverDefaults } from '../transport/quic/settings.js';
import { streamsToGrant } from '../transport/stream-map.js';
import { clientContext } from '../transport/tls/context.js';
import { readPskFile } from '../transport/tls/psk-file.js';
import { headerProblem } from '../transport/ws/request.js';
import type { CellBroker, Reachable } from './brokers/contract.js';
import { identityOf } from './identity.js';

/** What the broker itself speaks: plain TCP behind whatever stands in front of it. */
export const brokerTransport = (cell: PlannedCell): TransportName =>
  cell.arm.terminator === 'broker' ? cell.arm.transport : 'tcp';

/** What a cell's broker is started with: only the arm's transport, on a free port. */
export function brokerOptions(
  cell: PlannedCell,
  lab: ResolvedScenario['lab'],
  serverAddress: string,
): BrokerOptions & { readonly host: string } {
  return {
    host: serverAddress,
    listeners: { [brokerTransport(cell)]: { port: 0 } },
    tlsVersion: cell.arm.tlsVersion,
    congestionControl: cell.arm.congestionControl,
    earlyData: cell.arm.earlyData,
    psks: keysOf(cell),
    quic: {
      ...quicTerms(cell, lab),
      congestionControl: cell.arm.congestionControl,
      datagrams: cell.arm.datagrams,
      maxStreams: Math.max(serverDefaults.maxStreams, ...streamsAsked(cell).map(streamsToGrant)),
    },
  };
}

/**
 * The keys of all fleets, for the broker that has to know them.
 * @throws MQB_USAGE for a file that cannot be read, and for one identity with two keys
 */
export function keysOf({ fleets, load }: Pick<PlannedCell, 'fleets' | 'load'>): BrokerOptions['psks'] {
  const files = new Set((fleets ?? [{ load }]).flatMap((one) => one.load.psk?.file ?? []));
  if (files.size === 0) return undefined;
  const all = new Map<string, string>();
  for (const [identity, key] of [...files].flatMap((file) => [...readPskFile(file)])) {
    const other = all.get(identity);
    if (other !== undefined && other.toLowerCase() !== key.toLowerCase())
      throw usageError('MQB_USAGE', `two files have different keys for the identity "${identity}"`);
    all.set(identity, key);
  }
  return Object.fromEntries(all);
}

/** What the arm says of streams, and what topics do. */
const streamsAsked = ({ arm, load, fleets }: PlannedCell) => [
  arm,
  ...(fleets ?? [{ load }]).flatMap((one) => topicStreams(one.load) ?? []),
];

/** A large prime: fleets draw other random numbers than one another. */
const seedStep = 104_729;

/** What the load workers of a cell are told, of each of its fleets. @param server the broker, or what stands in front of it */
export function loadPlans(cell: PlannedCell, ...rest: RestOf<typeof loadPlan>): LoadPlan[] {
  if (cell.fleets === undefined) return [loadPlan(cell, ...rest)];
  const whole = loadPlan(cell, ...rest);
  return cell.fleets.map(({ name, load }, index) => ({
    ...loadPlan({ ...cell, load }, ...rest),
    // Settings of QUIC are those of the broker, too, which has all fleets at one listener.
    target: { ...whole.target, ...streamsFor(cell, load) },
    fleet: name,
    clientIdPrefix: `${whole.clientIdPrefix}${name}-`,
    seed: (cell.seed + index * seedStep) >>> 0,
  }));
}

/** Streams that topics name, of a transport that has several. */
const streamsFor = ({ arm }: PlannedCell, load: FleetPlan) =>
  arm.transport === 'quic' ? topicStreams(load) : undefined;

type RestOf<F extends (first: never, ...rest: never[]) => unknown> =
  Parameters<F> extends [unknown, ...infer Rest] ? Rest : never;

/** The same of a cell of one fleet. */
export function loadPlan(
  cell: PlannedCell,
  lab: ResolvedScenario['lab'],
  server: Reachable,
  localAddresses: readonly string[],
  login: CellBroker['login'] = {},
): LoadPlan {
  // What the arm is called and what its broker does is not for the load; all else is.
  const {
    name,
    base: _base,
    broker: _broker,
    tlsVersion: version,
    earlyData: _policy,
    terminator: _end,
    tls: _tls,
    ws: _ws,
    ...arm
  } = cell.arm;
  const address = server.addresses[cell.arm.transport];
  if (!address) throw new Error(`the server has no ${cell.arm.transport} listener`);
  const { feeder: _feeder, passwordVariable: _variable, ...load } = cell.load;
  const own = identityOf(cell.load);
  return {
    ...load,
    target: {
      ...arm,
      hosts: [{ host: address.host, port: address.port }],
      ...handshakes(cell.arm, server, address.path),
      quic: { ...quicTerms(cell, lab), congestionControl: arm.congestionControl },
      ...(cell.fleets === undefined ? streamsFor(cell, cell.load) : {}),
    },
    // The login of the broker is of clients that have none of their own.
    ...(load.username === undefined && own.feed === undefined ? login : {}),
    ...own,
    localAddresses,
    clientIdPrefix: `mqb-${name}-`,
    seed: cell.seed,
  };
}

/**
 * What clients of an arm say in the handshakes of TLS and WebSocket.
 * @param path of the address, where the broker's has one
 * @throws MQB_TLS_SETTINGS, MQB_USAGE for files and variables that cannot be read
 */
export function handshakes(
  { tlsVersion: version, tls = {}, ws = {} }: PlannedCell['arm'],
  { ca, insecure, serverName }: Reachable,
  path: string | undefined,
): Pick<DialOptions, 'tls' | 'ws'> {
  const { cert, key, ciphers, ...own } = tls;
  const said = { path: ws.path ?? path, headers: ws.headers && headersOf(ws.headers) };
  return {
    tls: {
      ...{ ca, version, serverName, verify: insecure ? false : undefined },
      ...own,
      ...(ciphers && { ciphers: ciphers.join(':') }),
      ...(cert !== undefined && key !== undefined ? certificateOf(cert, key) : {}),
    },
    ...((said.path ?? said.headers) === undefined ? {} : { ws: definedOf(said) }),
  };
}

/** Read anew for each cell: a result holds neither. */
function certificateOf(certFile: string, keyFile: string): Pick<ClientTls, 'cert' | 'key'> {
  const [cert, key] = [readText('/', certFile), readText('/', keyFile)];
  clientContext({ cert, key });
  return { cert, key };
}

/** With the values of variables in the place of their names. */
const headersOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const variable = /^\$([A-Za-z_]\w*)$/.exec(value)?.[1];
      if (variable === undefined) return [name, value];
      const known = env[variable];
      if (known === undefined)
        throw usageError('MQB_USAGE', `the variable ${variable}, with the header "${name}", is not set`);
      const problem = headerProblem(name, known);
      if (problem !== undefined)
        throw usageError('MQB_USAGE', `the variable ${variable}, with the header "${name}", ${problem.says}`);
      return [name, known];
    }),
  );
