import type { BrokerOptions, BrokerReady } from '../broker/contract.js';
import type { LoadPlan } from '../load/contract.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';

/** What a cell's broker is started with: only the arm's transport, on a free port. */
export function brokerOptions(cell: PlannedCell, serverAddress: string): BrokerOptions {
  return {
    host: serverAddress,
    listeners: { [cell.arm.transport]: { port: 0 } },
    names: [serverAddress],
    tlsVersion: cell.arm.tlsVersion,
    congestionControl: cell.arm.congestionControl,
    quic: { congestionControl: cell.arm.congestionControl },
  };
}

/** What the load workers of a cell are told. */
export function loadPlan(
  scenario: ResolvedScenario,
  cell: PlannedCell,
  broker: BrokerReady,
  localAddresses: readonly string[],
): LoadPlan {
  const address = broker.addresses[cell.arm.transport];
  if (!address) throw new Error(`the broker has no ${cell.arm.transport} listener`);
  return {
    ...scenario.load,
    target: {
      transport: cell.arm.transport,
      hosts: [address],
      ca: broker.ca,
      tlsVersion: cell.arm.tlsVersion,
      congestionControl: cell.arm.congestionControl,
      quic: { congestionControl: cell.arm.congestionControl },
    },
    localAddresses,
    clientIdPrefix: `mqb-${cell.arm.name}-`,
    seed: cell.seed,
  };
}
