import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { TlsVersion, TransportName } from './contract.js';
import type { Failure } from './race.js';
import { alertOfOpenSsl, versionWords } from './tls/alerts.js';
import { formatBrokerUrl } from './url.js';

/** How far a dial had come when it failed; the same system error means something else at each stage. */
export type DialStage = 'connect' | 'tls' | 'websocket';

export interface Words {
  readonly code: string;
  readonly says: string;
  readonly hint: string;
  readonly exitCode?: MqbenchError['exitCode'];
}

const refused: Words = {
  code: 'MQB_REFUSED',
  says: 'refused by the host: nobody listens on that port',
  hint: 'start the broker or correct the port',
};
const unreachable = (says: string): Words => ({
  code: 'MQB_UNREACHABLE',
  says,
  hint: 'check the address, the route and the firewall',
});

/** The source address is of the other family. */
export const otherFamily: Words = {
  code: 'MQB_LOCAL_ADDRESS',
  says: 'the source address cannot be used for this host',
  hint: 'give a source address (--ifaddr) of the host’s family',
  exitCode: exitCodes.usage,
};

/** System errors of connect(2) and of the resolver. */
const connectErrors: Readonly<Record<string, Words>> = {
  ECONNREFUSED: refused,
  ECONNRESET: { ...refused, says: 'reset by the host while connecting', hint: 'check what limits connections there' },
  EHOSTUNREACH: unreachable('no route to the host'),
  ENETUNREACH: unreachable('the network is unreachable'),
  EPERM: unreachable('a local firewall rule forbids it'),
  EACCES: unreachable('not permitted on this machine'),
  ETIMEDOUT: { ...unreachable('the host did not answer'), code: 'MQB_DIAL_TIMEOUT' },
  ENOTFOUND: { ...unreachable('the host name is not known'), hint: 'correct the host name or give an address' },
  EAI_AGAIN: { ...unreachable('the host name could not be looked up'), hint: 'check the resolver, or give an address' },
  EINVAL: otherFamily,
  EADDRNOTAVAIL: {
    code: 'MQB_LOCAL_ADDRESS',
    says: 'this machine has no such source address, or no free port left on it',
    hint: 'give source addresses that exist (several spread the ports), or widen net.ipv4.ip_local_port_range',
    exitCode: exitCodes.machine,
  },
  EMFILE: {
    code: 'MQB_DESCRIPTORS',
    says: 'this process has no file descriptor left',
    hint: 'raise the limit (ulimit -n) or spread the clients over more workers',
    exitCode: exitCodes.machine,
  },
};

/** A failed dial in words. @param url what was tried @param offered the TLS version, default 1.3 */
export function dialError(url: string, stage: DialStage, error: unknown, offered?: TlsVersion): MqbenchError {
  if (error instanceof MqbenchError) return error;
  const code = codeOf(error);
  const words =
    stage === 'connect' ? connectErrors[code] : stage === 'tls' ? tlsWords(code, offered) : alertOfOpenSsl(code);
  if (words) return fromWords(url, words, error);
  const says = stage === 'connect' ? messageOf(error) : `${stageNames[stage]}: ${reasonOf(error)}`;
  const fallback = stage === 'connect' ? 'MQB_UNREACHABLE' : stage === 'tls' ? 'MQB_TLS' : 'MQB_WEBSOCKET';
  return fromWords(url, { code: fallback, says, hint: otherProtocol(url, stage, code) }, error);
}

/** Who speaks TLS ends a handshake of WebSocket without it in silence. */
function otherProtocol(url: string, stage: DialStage, code: string): string {
  const isCut = stage === 'websocket' && url.startsWith('ws://') && (code === 'ECONNRESET' || code === 'EPIPE');
  return `check that this port speaks this protocol${isCut ? '; one that speaks TLS needs wss:// (or mqtts://)' : ''}`;
}

const stageNames = { tls: 'the TLS handshake failed', websocket: 'the WebSocket handshake failed' } as const;

export function fromWords(url: string, words: Words, cause?: unknown): MqbenchError {
  return new MqbenchError(words.code, `connect to ${url}: ${words.says}`, { ...words, cause });
}

/** OpenSSL's reason without its function names and file lines, where there is one. */
function reasonOf(error: unknown): string {
  const { reason } = error as { reason?: unknown };
  return typeof reason === 'string' ? reason : messageOf(error);
}

/** What the peer or OpenSSL said during the handshake; alerts are those of RFC 8446 section 6. */
function tlsWords(code: string, offered: TlsVersion | undefined): Words | undefined {
  const alert = alertOfOpenSsl(code);
  if (alert !== undefined) return alert.isVersion ? versionWords(offered) : alert;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return {
      code: 'MQB_TLS',
      says: 'the port answers, but not with TLS',
      hint: 'use the TLS port, or no TLS (mqtt:// or ws://)',
    };
  }
  if (/UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|NO_PROTOCOLS_AVAILABLE/.test(code)) return versionWords(offered);
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return {
      code: 'MQB_TLS',
      says: 'closed by the host during the TLS handshake',
      hint: 'use the TLS port (one without TLS needs mqtt:// or ws://), and the TLS version that the server speaks (--ssl-version 1.2)',
    };
  }
  return undefined;
}

/**
 * The server's certificate was not accepted by us.
 * @param reason OpenSSL's verdict
 * @param name the one that the certificate had to be valid for
 */
export function certificateError(url: string, reason: string, name: string, cause?: unknown): MqbenchError {
  const wrongName = /ALTNAME|HOSTNAME/i.test(reason);
  const says = wrongName ? `it is ${namesOf(cause)}, not for ${name}: ${reason}` : reason;
  return new MqbenchError('MQB_CERTIFICATE', `connect to ${url}: the server's certificate was refused (${says})`, {
    hint: wrongName
      ? 'connect by a name or address that the certificate covers, or give one (--servername <name>); --insecure does not verify at all'
      : 'name the CA that issued it: --ca <file> (mqbench broker writes its own with --ca-out); --insecure does not verify at all',
    cause,
  });
}

/** The names in the certificate that Node's check was given. */
function namesOf(error: unknown): string {
  const { cert } = (error ?? {}) as { cert?: { subjectaltname?: unknown } };
  const names = cert?.subjectaltname;
  return typeof names === 'string' && names !== '' ? `for ${names.slice(0, 200)}` : 'for no name';
}

/** A living TLS connection that the server ended with an alert, as TLS 1.3 does for client certificates; undefined: it is none. */
function alertLoss(where: string, error: unknown): MqbenchError | undefined {
  const words = alertOfOpenSsl(codeOf(error));
  if (words === undefined) return undefined;
  return new MqbenchError(words.code, `connection to ${where} lost: ${words.says}`, { hint: words.hint, cause: error });
}

const losses: Readonly<Record<string, { readonly says: string; readonly by: 'peer' | 'path' }>> = {
  ECONNRESET: { says: 'the peer reset the connection', by: 'peer' },
  EPIPE: { says: 'the peer had closed the connection', by: 'peer' },
  ETIMEDOUT: { says: 'the kernel gave the connection up: the peer acknowledged nothing', by: 'path' },
  EHOSTUNREACH: { says: 'the network became unreachable', by: 'path' },
  ENETUNREACH: { says: 'the network became unreachable', by: 'path' },
};

/**
 * A living connection that broke, where the system or TLS says why; undefined: it does not.
 * @param hints what helps where the peer ended it, and where the path did
 */
export function lossError(
  where: string,
  error: unknown,
  hints: Readonly<Record<'peer' | 'path', string>>,
): MqbenchError | undefined {
  const loss = losses[codeOf(error)];
  if (loss === undefined) return alertLoss(where, error);
  return new MqbenchError('MQB_LOST', `connection to ${where} lost: ${loss.says}`, {
    hint: hints[loss.by],
    cause: error,
  });
}

/** None of a name's addresses answered. @param failures at least one */
export function failedEverywhere(url: string, failures: readonly Failure[]): Error {
  const [first, ...others] = failures as readonly [Failure, ...Failure[]];
  if (others.length === 0 || !(first.error instanceof MqbenchError)) return first.error;
  const { code, hint, exitCode, message } = first.error;
  const same = others.every(({ error }) => codeOf(error) === code);
  const addresses = failures.map(({ address }) => address).join(', ');
  const each = failures.map(({ address, error }) => `${address}: ${error.message.replace(`connect to ${url}: `, '')}`);
  const says = same ? `${message} (tried ${addresses})` : `connect to ${url}: ${each.join('; ')}`;
  return new MqbenchError(code, says, { hint, exitCode, cause: first.error });
}

export function timeoutError(url: string, timeoutMs: number, stage: string): MqbenchError {
  return new MqbenchError('MQB_DIAL_TIMEOUT', `connect to ${url}: not ready within ${timeoutMs} ms (${stage})`, {
    hint: 'check the address and the firewall (QUIC needs UDP), or allow more time',
  });
}

export function abortedError(url: string, cause?: unknown): MqbenchError {
  return new MqbenchError('MQB_ABORTED', `connect to ${url}: aborted`, { cause });
}

/** A failed listen in words: what was tried, and how to move it. */
export function listenError(transport: TransportName, host: string, port: number, error: unknown): MqbenchError {
  if (error instanceof MqbenchError) return error;
  const url = formatBrokerUrl(transport, host, port);
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return new MqbenchError('MQB_PORT_IN_USE', `listen on ${url}: port ${port} is in use`, {
      hint: `stop what listens there (ss -lntup shows it) or choose another port: mqbench broker --${transport} ${port + 1}, or --${transport} off`,
      cause: error,
    });
  }
  const hints: Readonly<Record<string, string>> = {
    EADDRNOTAVAIL: 'this machine does not have that address; `ip address` lists those it has',
    EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher one',
    ENOTFOUND: 'the name is not known here; give an address',
  };
  return new MqbenchError('MQB_LISTEN', `listen on ${url}: ${messageOf(error)}`, {
    hint: hints[code] ?? 'check the address, the certificate and the key',
    cause: error,
  });
}
