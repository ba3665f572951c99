import type { TlsVersion } from '../contract.js';

/** What a TLS alert (RFC 8446 section 6, RFC 5246 section 7.2) means to who dials: what the server says, and what helps. */
export interface AlertWords {
  readonly code: 'MQB_CERTIFICATE' | 'MQB_ALPN' | 'MQB_TLS';
  /** The server sent it. */
  readonly says: string;
  readonly hint: string;
  /** Versions or ciphers do not meet, and what helps depends on those offered. */
  readonly isVersion?: true;
}

const ours = 'give the client certificate and key that this server expects: --cert <file> --key <file>';
const certificate = (says: string, hint = ours): AlertWords => ({ code: 'MQB_CERTIFICATE', says, hint });
const refused = (why: string, hint?: string) => certificate(`the server refused our certificate: ${why}`, hint);

/** @param offered the only version that the client offered */
export function versionWords(offered: TlsVersion = '1.3'): AlertWords {
  const other = offered === '1.3' ? '1.2' : '1.3';
  // TLS 1.2 has no alert for a client certificate that is missing.
  const orCertificate = offered === '1.2' ? ', or give the client certificate that it may demand (--cert, --key)' : '';
  return {
    code: 'MQB_TLS',
    says: `no TLS version or cipher in common (TLS ${offered} was offered, and no other)`,
    hint: `choose the version that the server speaks: --ssl-version ${other}, or other --ciphers${orCertificate}`,
    isVersion: true,
  };
}
const version = versionWords();

/** By the number of the alert; the names are OpenSSL's, after ALERT_. */
const alerts: Readonly<Record<number, AlertWords & { readonly name: string }>> = {
  40: { name: 'HANDSHAKE_FAILURE', ...version },
  42: { name: 'BAD_CERTIFICATE', ...refused('bad certificate') },
  43: { name: 'UNSUPPORTED_CERTIFICATE', ...refused('of an unsupported kind') },
  44: { name: 'CERTIFICATE_REVOKED', ...refused('it was revoked') },
  45: {
    name: 'CERTIFICATE_EXPIRED',
    ...refused('it has expired or is not valid yet', 'renew the client certificate'),
  },
  46: { name: 'CERTIFICATE_UNKNOWN', ...refused('it does not verify') },
  48: {
    name: 'UNKNOWN_CA',
    ...refused(
      'it does not know who issued it',
      'put the whole chain into the file of --cert (its own certificate first, then each issuer), or have the server trust the CA',
    ),
  },
  49: { name: 'ACCESS_DENIED', ...refused('access denied') },
  51: {
    name: 'DECRYPT_ERROR',
    ...refused(
      'a signature does not verify',
      'the certificate and key must fit each other, and come from the CA that the server trusts, not from one of the same name',
    ),
  },
  70: { name: 'PROTOCOL_VERSION', ...version },
  71: { name: 'INSUFFICIENT_SECURITY', ...version },
  112: {
    name: 'UNRECOGNIZED_NAME',
    code: 'MQB_TLS',
    says: 'the server does not know the name that it was asked for (SNI)',
    hint: 'connect by a name that it serves, or give one: --servername <name>',
  },
  116: { name: 'CERTIFICATE_REQUIRED', ...certificate('the server demands a client certificate, and none was sent') },
  120: {
    name: 'NO_APPLICATION_PROTOCOL',
    code: 'MQB_ALPN',
    says: 'the server speaks none of the protocols offered (ALPN)',
    hint: 'offer the one that it speaks: --alpn <names>',
  },
};

export function alertWords(number: number): AlertWords | undefined {
  return alerts[number];
}

/** The alert in OpenSSL's name of an error, e.g. ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
export function alertOfOpenSsl(code: string): AlertWords | undefined {
  const name = /_ALERT_(\w+)$/.exec(code)?.[1] ?? /TLSV1_(UNRECOGNIZED_NAME)$/.exec(code)?.[1];
  return name === undefined ? undefined : Object.values(alerts).find((alert) => alert.name === name);
}
