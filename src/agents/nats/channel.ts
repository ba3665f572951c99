import { isIP } from 'node:net';
import { MqbenchError, messageOf, usageError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { Channel } from '../channel/channel.js';

/** Who connects, and how. */
export interface NatsOptions {
  /** `nats://host:4222`, or `tls://…`; several with commas. */
  readonly url: string;
  /** What the connection is called in the server's monitoring. */
  readonly name: string;
  readonly credentials?: NatsCredentials | undefined;
}

export interface NatsCredentials {
  /** Of an nkey. */
  readonly seed?: string | undefined;
  /** Trust anchors, PEM. */
  readonly ca?: string | undefined;
}

/** Otherwise whoever waits for a server waits for ever. */
export function isServerAddress(text: string): boolean {
  const [, name, address, port = '4222'] =
    /^(?:(?:nats|tls):\/\/)?(?:([^\s:/@[\]]+)|\[([^\]]+)\])(?::(\d{1,5}))?\/?$/i.exec(text) ?? [];
  const isHost = address === undefined ? name !== undefined && name !== 'listen' : isIP(address) === 6;
  return isHost && Number(port) > 0 && Number(port) < 65_536;
}

const connectMillis = 5_000;
/** Beats tell sooner that somebody is gone; this is for who only waits. */
const pingMillis = 5_000;

/**
 * A channel over a NATS server (core NATS: no persistence, no JetStream). It does not come back by itself when the connection is
 * lost: words would be missing.
 * @throws MQB_AGENT_SERVER, MQB_AGENT_KEY
 */
export async function openNats({ url, name, credentials = {} }: NatsOptions): Promise<Channel> {
  if (/@/.test(url))
    throw usageError(
      'MQB_USAGE',
      `the address of a NATS server has no name or password in it: ${url.replace(/\/\/.*@/, '//…@')}`,
      'give a file of credentials: --creds of mqbench agent, --agents-creds elsewhere',
    );
  const wrong = url.split(',').filter((one) => !isServerAddress(one.trim()));
  if (wrong.length > 0)
    throw usageError(
      'MQB_USAGE',
      `"${wrong.join(', ')}" is no address of a NATS server`,
      url.startsWith('listen')
        ? 'listen is of the commands that make load; here write the address that they print: tls://host:4222'
        : 'write it like nats://host:4222, or tls://host:4222 for TLS',
    );
  const { connect, nkeyAuthenticator } = await import('@nats-io/transport-node');
  const { seed, ca } = credentials;
  const servers = url.split(',').map((one) => one.trim().replace(/^nats:\/\//, ''));
  const connection = await connect({
    servers,
    name: `mqbench ${name}`,
    reconnect: false,
    noEcho: true,
    timeout: connectMillis,
    pingInterval: pingMillis,
    maxPingOut: 2,
    ...(seed === undefined ? {} : { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
    // Who writes tls:// is not to be served without it; the client by itself leaves that to the server.
    ...(ca === undefined && !/(^|,)\s*tls:/i.test(url) ? {} : { tls: ca === undefined ? {} : { ca } }),
  }).catch((error) => {
    throw connectError(url, error, seed !== undefined);
  });
  const channel: Channel = {
    mostBytes: connection.info?.max_payload ?? 1024 * 1024,
    publish: (subject, data) => {
      if (!connection.isClosed()) connection.publish(subject, data);
    },
    subscribe: (pattern, listener) => {
      connection.subscribe(pattern, {
        callback: (error, message) => {
          if (error === null) listener(message.subject, message.data);
        },
      });
    },
    // A flush that the end of the connection comes before would never be told.
    flush: () => Promise.race([connection.flush(), connection.closed().then(() => {})]),
    closed: connection.closed().then((error) => forbidden ?? (error ? messageOf(error) : 'the connection was closed')),
    close: () => connection.close(),
  };
  let forbidden: string | undefined;
  void watch(connection.status(), (why) => {
    forbidden ??= `the server lets this key neither say nor hear what is needed (${why}): take the credentials that were made for it`;
    void connection.close();
  });
  return channel;
}

/** What a key may not do the server says beside the words. */
async function watch(
  status: AsyncIterable<{ readonly type: string; readonly error?: Error }>,
  forbidden: (why: string) => void,
): Promise<void> {
  for await (const { type, error } of status)
    if (type === 'error' && /permission/i.test(String(error?.message))) forbidden(messageOf(error));
}

function connectError(url: string, error: unknown, hasKey: boolean): MqbenchError {
  const text = messageOf(error);
  const cause = { cause: error, exitCode: exitCodes.machine };
  if (/certificate|self.signed/i.test(text))
    return new MqbenchError('MQB_AGENT_KEY', `the certificate of the NATS server ${url} is not trusted here: ${text}`, {
      ...cause,
      hint: 'give the file of credentials that was made with it, --creds of mqbench agent, --agents-creds elsewhere: the authority is in it',
    });
  if (/does not support 'tls'/i.test(text))
    return new MqbenchError(
      'MQB_AGENT_KEY',
      `the NATS server ${url} speaks no TLS, which the address or the credentials ask for`,
      {
        ...cause,
        hint: 'start it with the configuration that was made with the credentials, or write nats:// where nobody listens in',
      },
    );
  if (/authoriz|authentic|nkey|permission/i.test(text))
    return new MqbenchError('MQB_AGENT_KEY', `the NATS server ${url} does not let in: ${text.toLowerCase()}`, {
      ...cause,
      hint: hasKey
        ? 'the key is not one of this server: take the file of credentials that was made with its configuration'
        : 'it wants a key: give the file of credentials, --creds of mqbench agent, --agents-creds elsewhere',
    });
  return new MqbenchError('MQB_AGENT_SERVER', `no NATS server at ${url}: ${text}`, {
    ...cause,
    hint: /getaddrinfo|ENOTFOUND|EAI_/.test(text)
      ? 'the name is not known here: correct it, or give an address'
      : 'start nats-server there (it listens on loopback until --bind of agents-keys names an address), or let the coordinator start one: --agents listen',
  });
}
