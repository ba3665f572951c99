import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { codeOf, MqbenchError } from '../../../base/errors.js';
import type { LoadPlan } from '../../../plan/plan.js';
import { AddressBook } from '../../../transport/address-book.js';

/**
 * Whether every source address meets an address of its family at the host that it goes to. A name that cannot be looked up
 * now is left to the dials, which say so and may try again.
 * @throws MQB_LOCAL_ADDRESS
 */
export async function checkSources({ target: { hosts, transport }, localAddresses }: LoadPlan): Promise<void> {
  const book = new AddressBook();
  for (let i = 0; i < hosts.length * localAddresses.length; i++) {
    const { host, port } = hosts[i % hosts.length] as (typeof hosts)[number];
    const localAddress = localAddresses[i % localAddresses.length] as string;
    await book.find({ transport, host, port, localAddress }).catch((error: unknown) => {
      if (codeOf(error) === 'MQB_LOCAL_ADDRESS') throw error;
    });
  }
}

/**
 * A name that nobody knows is told before the run, and not by each client of it. It is a failure of the run all the same and
 * no bad usage: it may be known elsewhere, or in a minute.
 * @throws MQB_UNREACHABLE with this hint
 */
export async function checkNames(hosts: readonly string[], hint: string): Promise<void> {
  for (const host of hosts) {
    if (isIP(host) !== 0) continue;
    await lookup(host).catch(() => {
      throw new MqbenchError('MQB_UNREACHABLE', `no host of the name "${host}" is known here`, { hint });
    });
  }
}
