import { pid } from 'node:process';
import type { MqttVersion } from '../../mqtt/codec/packet-types.js';
import type { ProbeTarget } from '../../probe/check.js';
import type { ResolvedArm } from '../../scenario/types.js';
import type { TransportName } from '../../transport/contract.js';
import { handshakes } from '../plan.js';
import type { CellBroker } from './contract.js';

/** How long each answer is waited for: on the way there is nothing but what is between this host and the broker. */
const patienceMillis = 5000;

/** How a broker of others is asked from this host, without the lab's network. */
export function askedAs(
  { ready, login }: Pick<CellBroker, 'ready' | 'login'>,
  transport: TransportName,
  { version, arm, signal }: { version: MqttVersion; arm: ResolvedArm; signal?: AbortSignal },
): ProbeTarget {
  const address = ready.addresses[transport];
  if (address === undefined) throw new Error(`the broker has no ${transport} listener`);
  return {
    transport,
    dial: {
      host: address.host,
      port: address.port,
      timeoutMs: patienceMillis,
      ...handshakes(arm, ready, address.path),
    },
    ...login,
    version,
    prefix: `mqs-${pid.toString(36)}-`,
    signal,
  };
}
