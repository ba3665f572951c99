import { type ServerCertificates, throwAwayCertificates } from '../../../transport/tls/certs.js';
import type { Credentials } from './credentials.js';

/** A user of the server: what it is known by there, which is no secret. */
export interface KnownKey {
  /** Of an agent; undefined: a coordinator. */
  readonly name?: string | undefined;
  /** `U…`. */
  readonly publicKey: string;
}

/** What a server needs to tell who is who, without the secrets of anybody. */
export interface Doorkeeper {
  readonly known: readonly KnownKey[];
  /** undefined: no TLS. */
  readonly certificates?: ServerCertificates | undefined;
}

/** A server's keys with what its clients need. */
export interface Keyring extends Doorkeeper {
  readonly coordinator: Credentials;
  readonly agents: readonly Credentials[];
}

/**
 * Makes a key for each agent and one for the coordinator, and a certificate.
 * @param agents their names
 * @param hosts names and addresses that clients may dial beside those of loopback
 * @param days that the certificate is valid for
 */
export async function makeKeyring(
  agents: readonly string[],
  hosts: readonly string[] = [],
  days?: number,
): Promise<Keyring> {
  // The same package that connects: it is loaded when a run has agents, and not before.
  const { nkeys } = await import('@nats-io/transport-node');
  const certificates = await throwAwayCertificates(hosts, days);
  const known: KnownKey[] = [];
  const make = (name?: string): Credentials => {
    const pair = nkeys.createUser();
    known.push({ name, publicKey: pair.getPublicKey() });
    return { name, seed: new TextDecoder().decode(pair.getSeed()), ca: certificates.ca };
  };
  return { coordinator: make(), agents: agents.map(make), known, certificates };
}

/** What the server knows somebody by who has these credentials. */
export async function knownAs({ name, seed }: Credentials): Promise<KnownKey> {
  const { nkeys } = await import('@nats-io/transport-node');
  return { name, publicKey: nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey() };
}

/** `agent-1` … `agent-n`. */
export const agentNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `agent-${index + 1}`);
