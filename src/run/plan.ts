import type { BrokerOptions } from '../broker/contract.js';
import type { LoadPlan } from '../plan/plan.js';
import { quicTerms } from '../scenario/quic-terms.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';
import type { TransportName } from '../transport/contract.js';
import { serverDefaults } from '../transport/quic/settings.js';
import { streamsToGrant } from '../transport/stream-map.js';
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
    quic: {
      ...quicTerms(cell, lab),
      congestionControl: cell.arm.congestionControl,
      datagrams: cell.arm.datagrams,
      maxStreams: Math.max(serverDefaults.maxStreams, streamsToGrant(cell.arm)),
    },
  };
}

/** A large prime: fleets draw other random numbers than one another. */
const seedStep = 104_729;

/** What the load workers of a cell are told, of each of its fleets. @param server the broker, or what stands in front of it */
export function loadPlans(cell: PlannedCell, ...rest: RestOf<typeof loadPlan>): LoadPlan[] {
  if (cell.fleets === undefined) return [loadPlan(cell, ...rest)];
  const whole = loadPlan(cell, ...rest);
  return cell.fleets.map(({ name, load }, index) => ({
    ...loadPlan({ ...cell, load }, ...rest),
    // Settings of QUIC are those of the broker, too, which has all fleets at one listener.
    target: whole.target,
    fleet: name,
    clientIdPrefix: `${whole.clientIdPrefix}${name}-`,
    seed: (cell.seed + index * seedStep) >>> 0,
  }));
}

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
      ...(address.path === undefined ? {} : { ws: { path: address.path } }),
      tls: { ca: server.ca, version, serverName: server.serverName, verify: server.insecure ? false : undefined },
      quic: { ...quicTerms(cell, lab), congestionControl: arm.congestionControl },
    },
    // The login of the broker is of clients that have none of their own.
    ...(load.username === undefined && own.feed === undefined ? login : {}),
    ...own,
    localAddresses,
    clientIdPrefix: `mqb-${name}-`,
    seed: cell.seed,
  };
}
