import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';

/** All addresses of a name, in the order in which the system would use them. */
const systemResolver = async (host: string): Promise<readonly string[]> => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

/** How often an address of a name was connected to. */
export interface AddressUse {
  readonly host: string;
  readonly address: string;
  readonly connections: number;
  /** Of them: those whose dial had begun at another address, too, so that the race is part of their time. */
  readonly raced: number;
}

/** Whom a dial is for. */
export interface Endpoint {
  /** Its name: a host may serve one transport on one address, and another on all of them. */
  readonly transport: string;
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}

/**
 * Which addresses a name has and which of them answers. A name is looked up once, and the address that answered is
 * dialled alone from then on, so that neither the resolver nor a race is part of every connect. When it fails, the name is
 * looked up anew.
 */
export class AddressBook {
  private readonly resolved = new Map<string, Promise<readonly string[]>>();
  private readonly answered = new Map<string, string>();
  private readonly uses = new Map<string, AddressUse>();

  constructor(private readonly resolve = systemResolver) {}

  /** The address that answered last, where one did. */
  known(endpoint: Endpoint): string | undefined {
    return this.answered.get(keyOf(endpoint));
  }

  /**
   * In the order in which they are to be tried: both families in turn, the system's first choice first (RFC 8305,
   * section 4), and only the family of the source address where there is one.
   * @throws what the resolver throws; MQB_LOCAL_ADDRESS when the name has no address of that family
   */
  async find(endpoint: Endpoint): Promise<readonly string[]> {
    const { host, localAddress } = endpoint;
    if (isIP(host) !== 0) return [host];
    let found = this.resolved.get(host);
    if (found === undefined) {
      found = this.resolve(host);
      this.resolved.set(host, found);
      found.catch(() => this.resolved.delete(host));
    }
    const all = inTurn(await found);
    const fitting = localAddress === undefined ? all : all.filter((address) => isIP(address) === isIP(localAddress));
    if (fitting.length === 0) throw noSuchFamily(host, localAddress);
    const first = this.known(endpoint);
    return first === undefined ? fitting : [first, ...fitting.filter((address) => address !== first)];
  }

  /** A dial came through. @param raced it had begun at another address, too */
  came(endpoint: Endpoint, address: string, raced: boolean): void {
    const { host } = endpoint;
    if (isIP(host) !== 0) return;
    this.answered.set(keyOf(endpoint), address);
    const key = `${host} ${address}`;
    const use = this.uses.get(key) ?? { host, address, connections: 0, raced: 0 };
    this.uses.set(key, { ...use, connections: use.connections + 1, raced: use.raced + (raced ? 1 : 0) });
  }

  /** A dial came to nothing: the next one looks the name up and tries all addresses. */
  failed(endpoint: Endpoint): void {
    this.resolved.delete(endpoint.host);
    this.answered.delete(keyOf(endpoint));
  }

  /** Of names only; an address that was asked for is the one that is used. */
  used(): AddressUse[] {
    return [...this.uses.values()];
  }
}

function keyOf({ transport, host, port, localAddress }: Endpoint): string {
  return `${transport} ${host} ${port} ${localAddress === undefined ? '' : isIP(localAddress)}`;
}

/** Families alternate, so that one that does not work costs one delay, not one per address. */
function inTurn(addresses: readonly string[]): string[] {
  const distinct = [...new Set(addresses)];
  const family = isIP(distinct[0] ?? '');
  const same = distinct.filter((address) => isIP(address) === family);
  const other = distinct.filter((address) => isIP(address) !== family);
  return Array.from({ length: Math.max(same.length, other.length) }, (_, i) => [same[i], other[i]])
    .flat()
    .filter((address) => address !== undefined);
}

const familyNames: Readonly<Record<number, string>> = { 4: 'IPv4', 6: 'IPv6' };

/** What is wrong with a source address for a host that is itself an address; undefined: nothing. */
export function familyProblem(host: string, localAddress: string): string | undefined {
  const [there, here] = [isIP(host), isIP(localAddress)];
  if (there === 0 || here === 0 || there === here) return undefined;
  return `the source address ${localAddress} is ${familyNames[here]}, and the host ${host} is ${familyNames[there]}`;
}

function noSuchFamily(host: string, localAddress: string | undefined): MqbenchError {
  const family = familyNames[isIP(localAddress ?? '')] ?? 'IP';
  const why = localAddress === undefined ? '' : `, and the source address ${localAddress} is one`;
  return new MqbenchError('MQB_LOCAL_ADDRESS', `${host} has no ${family} address${why}`, {
    hint: 'give a source address (--ifaddr) of the family that the host has, or leave it out',
    exitCode: exitCodes.usage,
  });
}

/** That of the process: all dials share what is known of a name. */
export const addressBook = new AddressBook();
