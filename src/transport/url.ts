import { isIP, isIPv6 } from 'node:net';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { ownEntry } from '../base/own.js';
import { type TransportName, transportNames } from './contract.js';

/** The ports of EMQX, which people have in their fingers; 1883 and 8883 are registered with IANA. */
export const defaultPorts: Readonly<Record<TransportName, number>> = {
  tcp: 1883,
  tls: 8883,
  ws: 8083,
  wss: 8084,
  quic: 14567,
};

/** The scheme under which a transport appears in URLs and messages. */
export const schemes: Readonly<Record<TransportName, string>> = {
  tcp: 'mqtt',
  tls: 'mqtts',
  ws: 'ws',
  wss: 'wss',
  quic: 'quic',
};

const transportsByScheme: Readonly<Record<string, TransportName>> = {
  ...Object.fromEntries(transportNames.map((name) => [schemes[name], name])),
  ...{ tcp: 'tcp', ssl: 'tls', tls: 'tls' },
  'mqtt-quic': 'quic', // NanoMQ's
};

export interface BrokerUrl {
  readonly transport: TransportName;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** WebSocket only: path and query, `/mqtt` when the URL has none. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Reads `mqtt://`, `mqtts://`, `ws://`, `wss://` or `quic://` with the default
 * ports 1883, 8883, 8083, 8084 and 14567. A host without a scheme is `mqtt://`.
 * @throws MQB_BAD_URL naming what is wrong
 */
export function parseBrokerUrl(text: string): BrokerUrl {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (!hasScheme && text.includes('://')) throw badUrl(text, 'it cannot be read');
  const withScheme = hasScheme ? text : `mqtt://${text}`;
  const scheme = withScheme.slice(0, withScheme.indexOf(':')).toLowerCase();
  const transport = ownEntry(transportsByScheme, scheme);
  if (!transport) throw badUrl(text, `there is no scheme ${scheme}://`);
  let url: URL;
  try {
    // The parser of special schemes drops the default ports of http, so it sees a neutral scheme.
    url = new URL(`x${withScheme.slice(scheme.length)}`);
    decodeURIComponent(url.username + url.password);
  } catch {
    throw badUrl(text, 'it cannot be read');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw badUrl(text, 'it has no host');
  if (!isHost(host)) throw badUrl(text, noHost(host));
  if (url.port === '0') throw badUrl(text, 'port 0 cannot be connected to');
  const webSocket = transport === 'ws' || transport === 'wss';
  return {
    transport,
    host,
    port: url.port === '' ? defaultPorts[transport] : Number(url.port),
    ...(webSocket ? { path: url.pathname.length > 1 ? url.pathname + url.search : '/mqtt' } : {}),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
  };
}

/**
 * Whether a text can be a host: an address, or a name (RFC 1123, 2.1; underscores are in use, and letters of any script).
 * Whether there is such a host is for the resolver to say.
 */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const labels = text.replace(/\.$/, '').split('.');
  if (labels.length === 4 && labels.every((label) => /^\d+$/.test(label))) return false; // no address that there is
  return text.length <= 254 && labels.every((label) => /^(?!-)[\p{L}\p{N}\p{M}_-]{1,63}(?<!-)$/u.test(label));
}

/** What is wrong with a text that can be no host. */
export const noHost = (text: string): string => `"${text}" is neither an address nor the name of a host`;

/** The URL of a broker as others may see it: without user name, password and query, any of which may be a secret. */
export function withoutUrlSecrets(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i, '$1(given)@').replace(/[?#].*/s, '?(given)');
}

function badUrl(text: string, why: string): MqbenchError {
  // What cannot be read may have its secrets anywhere.
  const shown = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1(given)@').replace(/[?#].*/s, '?(given)');
  return new MqbenchError('MQB_BAD_URL', `"${shown}" is not the URL of a broker: ${why}`, {
    hint: `write it like ${transportNames.map((name) => `${schemes[name]}://host:${defaultPorts[name]}`).join(', ')}`,
    exitCode: exitCodes.usage,
  });
}

/** The URL of a transport's address, as messages show it: `mqtts://[::1]:8883`. */
export function formatBrokerUrl(transport: TransportName, host: string, port: number, path = ''): string {
  return `${schemes[transport]}://${isIPv6(host) ? `[${host}]` : host}:${port}${path}`;
}
