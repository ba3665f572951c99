import { nowMicros } from '../../../base/clock.js';
import { MqbenchError, messageOf } from '../../../base/errors.js';
import type { Address } from '../../contract.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import type { QuicConnection } from './connection.js';
import { ValidatedPaths } from './validated-paths.js';

/** How long the new path may take to prove itself. The old one carries on meanwhile in path-validation mode. */
const probeMs = 3000;
/** Late datagrams to the old address are taken for so long. */
const oldAddressMs = 3000;
const pollMs = 1;

/**
 * Moves a client's connection to another socket, after the new path has proved
 * that it works. On failure the connection stays where it was.
 * @returns microseconds from the first packet on the new path to the proof that it works both ways
 * @throws MqbenchError MQB_MIGRATION_REFUSED, MQB_MIGRATION_FAILED
 */
export async function migrate(connection: QuicConnection, to: Endpoint, local: Address): Promise<number> {
  // RFC 9000 18.2: the peer's transport parameters forbid it.
  if (connection.quiche.stats().peerDisableActiveMigration) {
    const hint = 'use a server that allows it, or let the NAT move the client (a rebind), which no server can forbid';
    throw failed('the server has set disable_active_migration', hint, 'MQB_MIGRATION_REFUSED');
  }
  const started = nowMicros();
  const from = connection.host;
  const undo = to.adopt(connection, from);
  try {
    if (connection.path instanceof ValidatedPaths) await validated(connection, connection.path, to, local);
    else await followed(connection, to, local);
  } catch (error) {
    undo();
    throw error;
  }
  setTimeout(() => from.forget(connection), oldAddressMs).unref();
  return nowMicros() - started;
}

/** RFC 9000 9.1: PATH_CHALLENGE on the new path, and traffic only after its PATH_RESPONSE. */
async function validated(
  connection: QuicConnection,
  paths: ValidatedPaths,
  to: Endpoint,
  local: Address,
): Promise<void> {
  const { quiche } = connection;
  const peer = connection.peerAddress;
  paths.add(to.io);
  try {
    quiche.probePath(local, peer);
  } catch (error) {
    throw failed(messageOf(error), 'the server must have given spare connection ids (addressMode path-validation)');
  }
  connection.wake();
  await proof(connection, () => paths.isValidated(local.port));
  quiche.migrate(local, peer);
  connection.rehome(to, local);
}

/** Mode `follow`: the PING that leaves from the new socket makes the server follow; its answer is the proof. */
async function followed(connection: QuicConnection, to: Endpoint, local: Address): Promise<void> {
  const { host: from, localAddress: before } = connection;
  const heard = to.received;
  connection.rehome(to, local);
  try {
    await proof(connection, () => to.received > heard);
  } catch (error) {
    connection.rehome(from, before);
    throw error;
  }
}

async function proof(connection: QuicConnection, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + probeMs;
  while (!holds()) {
    if (connection.duplex.destroyed) throw failed('the connection ended meanwhile', 'connect again');
    if (performance.now() > deadline) {
      const hint = 'check the route and firewall of the new address';
      throw failed(`the new path did not answer within ${probeMs} ms`, hint);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function failed(why: string, hint: string, code = 'MQB_MIGRATION_FAILED'): MqbenchError {
  return new MqbenchError(code, `move to another address: ${why}`, { hint });
}
