import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { env } from 'node:process';
import { MqbenchError, messageOf, usageError } from '../../base/errors.js';
import type { OtherBroker, RemoteBroker } from '../../scenario/brokers/spec.js';
import type { TransportName } from '../../transport/contract.js';
import type { CellBroker, Reachable } from './contract.js';
import { notOffered } from './offers.js';
import { PathWatch } from './path.js';

/**
 * A broker that runs elsewhere: nothing of it is started, ended or billed.
 * @param inLab clients have no resolver there, and are given its address
 * @throws MQB_UNSUPPORTED when it has no address for the transport, MQB_USAGE when the file of its CA cannot be read or the
 *   variable of its password is not set, MQB_UNREACHABLE
 */
export async function remoteBroker(
  broker: RemoteBroker,
  transport: TransportName,
  inLab: boolean,
): Promise<CellBroker> {
  const address = broker.addresses[transport];
  if (address === undefined) throw notOffered(broker, transport, Object.keys(broker.addresses));
  const host = inLab ? await addressOf(address.host) : address.host;
  const ready: Reachable = {
    addresses: { [transport]: { ...address, host } },
    ca: await trustedBy(broker),
    insecure: broker.insecure,
    serverName: host === address.host ? undefined : address.host,
  };
  const login = loginOf(broker);
  const watch = inLab ? await PathWatch.open({ host, port: address.port }) : undefined;
  return {
    ready,
    login,
    failed: new Promise(() => {}),
    watched: undefined,
    processorUse: async () => undefined,
    threads: () => undefined,
    stats: async () => undefined,
    peers: async () => [],
    ...(watch && { path: () => watch.reading() }),
    log: () => undefined,
    close: async () => watch?.close(),
  };
}

/** The addresses that a lab needs a way out to; undefined: the broker is inside. @throws MQB_UNREACHABLE */
export async function outsideOf(broker: OtherBroker | undefined): Promise<string[] | undefined> {
  if (broker?.kind !== 'url') return undefined;
  const hosts = new Set(Object.values(broker.addresses).map(({ host }) => host));
  return Promise.all([...hosts].map(addressOf));
}

/** The lab's way out is IPv4. @throws MQB_UNREACHABLE */
async function addressOf(host: string): Promise<string> {
  if (isIP(host) === 4) return host;
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch (error) {
    throw new MqbenchError('MQB_UNREACHABLE', `${host} has no IPv4 address here: ${messageOf(error)}`, {
      hint: 'the way out of the lab is IPv4: give such an address, or say network: none',
    });
  }
}

/** What its certificates are checked against, PEM. */
async function trustedBy({ name, ca }: RemoteBroker): Promise<string | undefined> {
  if (ca === undefined) return undefined;
  try {
    return await readFile(ca, 'utf8');
  } catch (error) {
    throw usageError('MQB_USAGE', `the ca of the broker ${name}: ${messageOf(error)}`, 'give the path of a PEM file');
  }
}

/** @throws MQB_USAGE when the variable that has the password is not set */
function loginOf({ name, username, passwordVariable }: RemoteBroker): CellBroker['login'] {
  const password = passwordVariable === undefined ? undefined : env[passwordVariable];
  if (passwordVariable === undefined || password !== undefined) return { username, password };
  throw usageError(
    'MQB_USAGE',
    `the variable ${passwordVariable}, with the password for the broker ${name}, is not set`,
  );
}
