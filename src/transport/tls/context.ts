import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import { MqbenchError, messageOf } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { ClientTls, TlsVersion } from '../contract.js';
import { keyPairProblem } from './key-pair.js';

const versions: Readonly<Record<TlsVersion, SecureVersion>> = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' };

/** Exactly the version asked for; a benchmark of 1.3 must not quietly fall back. */
export function versionRange(version: TlsVersion = '1.3'): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return { minVersion: versions[version], maxVersion: versions[version] };
}

// A context holds the parsed certificates: 0.4 ms and 60 KB with the system's CAs. Clients with the same settings
// share one, found by the settings object itself, or by its content where every dial brings a fresh object.
const byObject = new WeakMap<ClientTls, SecureContext>();
const byContent = new Map<string, SecureContext>();
const contentLimit = 256;

/** The context of a client's settings. @throws MQB_TLS_SETTINGS when OpenSSL cannot read them */
export function clientContext(tls: ClientTls): SecureContext {
  const known = byObject.get(tls);
  if (known) return known;
  const { ca, cert, key, version, signatureAlgorithms, groups } = tls;
  const ciphers = ciphersOf(tls);
  const content = JSON.stringify([ca, cert, key, version, ciphers, signatureAlgorithms, groups]);
  let context = byContent.get(content);
  if (!context) {
    context = make(tls);
    if (byContent.size >= contentLimit) byContent.delete(byContent.keys().next().value as string);
    byContent.set(content, context);
  }
  byObject.set(tls, context);
  return context;
}

/** Suites of TLS 1.2 with pre-shared keys are among none that OpenSSL takes by itself; TLS 1.3 has no others. */
const ciphersOf = ({ ciphers, psk, version }: ClientTls): string | undefined =>
  ciphers ?? (psk !== undefined && version === '1.2' ? 'PSK' : undefined);

function make(tls: ClientTls): SecureContext {
  const { ca, cert, key, version, signatureAlgorithms, groups } = tls;
  const problem = cert === undefined || key === undefined ? undefined : keyPairProblem(cert, key);
  if (problem !== undefined) throw tlsSettingsError(new Error(problem));
  try {
    return createSecureContext({
      ...versionRange(version),
      ...{ ca, cert, key, ciphers: ciphersOf(tls) },
      sigalgs: signatureAlgorithms?.join(':'),
      ecdhCurve: groups?.join(':'),
    });
  } catch (error) {
    throw tlsSettingsError(error);
  }
}

export function tlsSettingsError(cause: unknown): MqbenchError {
  return new MqbenchError('MQB_TLS_SETTINGS', `read the TLS settings: ${messageOf(cause)}`, {
    hint: 'CA, certificate and key must be PEM and fit each other; see `openssl ciphers` for cipher names, `openssl list -signature-algorithms` and `-tls-groups` for the others',
    exitCode: exitCodes.usage,
    cause,
  });
}
