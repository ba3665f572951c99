import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { clientError } from '../../src/load/errors.js';
import { type ClientTls, type Listener, type TransportName, transportNames } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';

// What TLS says in numbers and OpenSSL in riddles must reach the user as a sentence, a code and a remedy.

const authority = await createAuthority();
const namesake = await createAuthority(); // another key under the same name
const leaf = await issueLeaf(authority, ['localhost', '127.0.0.1']);
const elsewhere = await issueLeaf(authority, ['elsewhere.example']);
const strangers = await issueLeaf(namesake, ['client.example']);
const encrypted = ['tls', 'wss', 'quic'] as const satisfies TransportName[];

const listeners: Listener[] = [];
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  for (const name of transportNames) await transportFor(name).close();
});

async function listen(name: TransportName, tls: { cert: string; key: string; clientCa?: string }): Promise<number> {
  const listener = await transportFor(name).listen({ port: 0, tls }, ({ duplex }) => {
    duplex.on('error', () => {});
    duplex.resume();
  });
  listeners.push(listener);
  return listener.address.port;
}

const dial = (name: TransportName, port: number, tls: ClientTls, host = 'localhost') =>
  transportFor(name).dial({ host, port, tls, localAddress: '127.0.0.1', timeoutMs: 5_000 });

/** How a connection that came up ends, as a load tells it. */
async function endOf(
  name: TransportName,
  port: number,
  tls: ClientTls,
): Promise<{ code: string; message: string; hint?: string | undefined }> {
  try {
    const { duplex } = await dial(name, port, tls);
    duplex.resume();
    duplex.write(Buffer.from([0x10, 0]));
    const error = await new Promise<unknown>((resolve) => {
      duplex.once('error', resolve);
      duplex.once('close', () => resolve(new Error('closed without a word')));
    });
    return clientError(error, 'the broker', atHandshake);
  } catch (error) {
    return clientError(error, 'the broker', atHandshake);
  }
}

const atHandshake = { beforeConnack: true, othersConnected: false };
const somebodyElse = (await createAuthority('somebody else')).cert;

describe.each(encrypted)('%s', (name) => {
  it('a server with another name: both names are told, and the remedy', async () => {
    const port = await listen(name, elsewhere);
    await expect(dial(name, port, { ca: authority.cert })).rejects.toMatchObject({
      code: 'MQB_CERTIFICATE',
      message: expect.stringContaining('for localhost'),
      hint: expect.stringContaining('--servername'),
    });
  });

  it.each([
    ['another CA', { ca: somebodyElse }],
    ['another CA of the same name', { ca: namesake.cert }],
  ])('a server of %s: MQB_CERTIFICATE with --ca and --insecure as the remedy', async (_, tls) => {
    const port = await listen(name, leaf);
    const { code, message, hint } = (await dial(name, port, tls).catch((error: unknown) => error)) as Error & {
      code: string;
      hint: string;
    };
    expect(code).toBe('MQB_CERTIFICATE');
    expect(message).not.toMatch(/\b\d{3}\b error|error:0/);
    expect(hint).toContain('--ca <file>');
    expect(hint).toContain('--insecure');
  });

  it('a server that demands a client certificate says so after our handshake', async () => {
    const port = await listen(name, { ...leaf, clientCa: authority.cert });
    const none = await endOf(name, port, { ca: authority.cert });
    expect(none).toMatchObject({ code: 'MQB_CERTIFICATE', hint: expect.stringContaining('--cert <file>') });
    expect(none.message).toContain('demands a client certificate');
    expect(none.message).not.toMatch(/openssl|SSL routines|error:0/);
  });
});

it('quic: a client certificate of a stranger is refused in words', async () => {
  const port = await listen('quic', { ...leaf, clientCa: authority.cert });
  const wrong = await endOf('quic', port, { ca: authority.cert, cert: strangers.cert, key: strangers.key });
  expect(wrong).toMatchObject({ code: 'MQB_CERTIFICATE', hint: expect.stringMatching(/./) });
  expect(wrong.message).toContain('the server refused our certificate');
});

// Node's own server just closes the connection of a stranger; these are what OpenSSL's sends.
it.each([
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /does not know who issued it/, /whole chain/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /demands a client certificate/, /--cert <file> --key <file>/],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', /has expired/, /renew/],
  ['ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR', /a signature does not verify/, /fit each other/],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /bad certificate/, /--cert <file>/],
  ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', /access denied/, /--cert <file>/],
])('%s on a living connection: MQB_CERTIFICATE, a sentence and a remedy', (code, says, helps) => {
  const raw = Object.assign(new Error('805CC91DF17F0000:error:0A00045C:SSL routines:ssl3_read_bytes'), { code });
  const error = clientError(raw, 'mqtts://broker:8883', atHandshake);
  expect(error.code).toBe('MQB_CERTIFICATE');
  expect(error.message).toMatch(/^connection to mqtts:\/\/broker:8883 lost: the server /);
  expect(error.message).toMatch(says);
  expect(error.message).not.toContain('SSL routines');
  expect(error.hint).toMatch(helps);
});

describe('TLS versions that do not meet', () => {
  async function serve(options: TlsOptions): Promise<number> {
    const server = createServer({ ...leaf, ...options }, (socket: TLSSocket) => socket.on('error', () => {}));
    server.on('tlsClientError', () => {});
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  }

  it.each([
    ['1.2', '1.3'],
    ['1.3', '1.2'],
  ] as const)('a server of %s, dialled with %s: the hint names --ssl-version', async (theirs, ours) => {
    const version = `TLSv${theirs}` as const;
    const port = await serve({ minVersion: version, maxVersion: version });
    await expect(dial('tls', port, { ca: authority.cert, version: ours })).rejects.toMatchObject({
      code: 'MQB_TLS',
      message: expect.stringContaining('no TLS version or cipher in common'),
      hint: expect.stringContaining(`--ssl-version ${theirs}`),
    });
  });
});
