import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { TransportName } from './contract.js';
import { formatBrokerUrl } from './url.js';

/** How far a dial had come when it failed; the same system error means something else at each stage. */
export type DialStage = 'connect' | 'tls' | 'websocket';

interface Words {
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

/** A failed dial in words. @param url what was tried */
export function dialError(url: string, stage: DialStage, error: unknown): MqbenchError {
  if (error instanceof MqbenchError) return error;
  const code = codeOf(error);
  const words =
    stage === 'connect' ? connectErrors[code] : stage === 'tls' ? tlsWords(code, reasonOf(error)) : undefined;
  if (words) return fromWords(url, words, error);
  const says = stage === 'connect' ? messageOf(error) : `${stageNames[stage]}: ${reasonOf(error)}`;
  const fallback = stage === 'connect' ? 'MQB_UNREACHABLE' : stage === 'tls' ? 'MQB_TLS' : 'MQB_WEBSOCKET';
  return fromWords(url, { code: fallback, says, hint: 'check that this port speaks this protocol' }, error);
}

const stageNames = { tls: 'the TLS handshake failed', websocket: 'the WebSocket handshake failed' } as const;

function fromWords(url: string, words: Words, cause: unknown): MqbenchError {
  const details = { hint: words.hint, cause, ...(words.exitCode === undefined ? {} : { exitCode: words.exitCode }) };
  return new MqbenchError(words.code, `connect to ${url}: ${words.says}`, details);
}

/** OpenSSL's reason without its function names and file lines, where there is one. */
function reasonOf(error: unknown): string {
  const { reason } = error as { reason?: unknown };
  return typeof reason === 'string' ? reason : messageOf(error);
}

/** What the peer or OpenSSL said during the handshake; alerts are those of RFC 8446 section 6. */
function tlsWords(code: string, message: string): Words | undefined {
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    return {
      code: 'MQB_ALPN',
      says: 'the server speaks none of the protocols offered (ALPN)',
      hint: 'offer another ALPN',
    };
  }
  if (/ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) {
    return {
      code: 'MQB_CERTIFICATE',
      says: `the server refused our certificate (${code.replace(/^ERR_SSL_/, '').toLowerCase()})`,
      hint: 'give the client certificate and key that this server expects',
    };
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return { code: 'MQB_TLS', says: 'the port answers, but not with TLS', hint: 'use the TLS port, or no TLS' };
  }
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|NO_SHARED_CIPHER/.test(code)) {
    return {
      code: 'MQB_TLS',
      says: `no TLS version or cipher in common (${message})`,
      hint: 'choose another TLS version (1.2 or 1.3) or other ciphers',
    };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return {
      code: 'MQB_TLS',
      says: 'closed by the host during the TLS handshake',
      hint: 'use the TLS port, and the TLS version that the server speaks',
    };
  }
  return undefined;
}

/** The server's certificate was not accepted by us. @param reason OpenSSL's verdict */
export function certificateError(url: string, reason: string, cause?: unknown): MqbenchError {
  const wrongName = /ALTNAME|HOSTNAME|name/i.test(reason);
  return new MqbenchError('MQB_CERTIFICATE', `connect to ${url}: the server's certificate was refused (${reason})`, {
    hint: wrongName
      ? 'connect by a name or address that the certificate covers, or set the server name; verification by the CA can also be switched off'
      : "trust the server's CA (mqbench broker writes its own with --ca-out), or switch verification off",
    cause,
  });
}

/** The time limit of a dial has passed. */
export function timeoutError(url: string, timeoutMs: number, stage: string): MqbenchError {
  return new MqbenchError('MQB_DIAL_TIMEOUT', `connect to ${url}: not ready within ${timeoutMs} ms (${stage})`, {
    hint: 'check the address and the firewall (QUIC needs UDP), or allow more time',
  });
}

/** The caller gave up. */
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
