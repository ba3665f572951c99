import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { AddressBook } from '../../src/transport/address-book.js';
import { type Connection, type DialOptions, type Listener, transportNames } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { freePort } from '../helpers/free-port.js';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const noIpv6 = 'no ::1 on this machine';

const certificates = await throwAwayCertificates(['broker.example']);
const open: Connection[] = [];
const listeners: Listener[] = [];

afterEach(async () => {
  for (const connection of open.splice(0)) connection.abort();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});
afterAll(async () => {
  for (const name of transportNames) await transportFor(name).close();
});

/** A name with these addresses, in this order. */
const named = (...addresses: string[]): AddressBook => new AddressBook(() => Promise.resolve(addresses));

describe.each(transportNames)('a name with several addresses over %s', (name) => {
  const listenOn = async (host: string): Promise<number> => {
    const listener = await transportFor(name).listen(
      { host, port: 0, ...(name === 'tcp' || name === 'ws' ? {} : { tls: certificates }) },
      (connection) => connection.duplex.on('error', () => {}),
    );
    listeners.push(listener);
    return listener.address.port;
  };
  const dial = async (port: number, addresses: AddressBook, more: Partial<DialOptions> = {}): Promise<Connection> => {
    const connection = await transportFor(name).dial({
      host: 'broker.example',
      port,
      addresses,
      timeoutMs: 5_000,
      tls: { ca: certificates.ca },
      ...more,
    });
    connection.duplex.on('error', () => {});
    open.push(connection);
    return connection;
  };

  it('is reached at the one that answers, and dialled there from then on', async () => {
    const port = await listenOn('127.0.0.1');
    const book = named('127.0.0.2', '127.0.0.1');
    expect((await dial(port, book)).peerAddress).toEqual({ host: '127.0.0.1', port });
    expect((await dial(port, book)).peerAddress).toEqual({ host: '127.0.0.1', port });
    expect(book.used()).toEqual([{ host: 'broker.example', address: '127.0.0.1', connections: 2, raced: 1 }]);
  });

  it('is reached over IPv4 when its first address is IPv6, and the other way round', async ({ skip }) => {
    skip(!hasIpv6, noIpv6);
    const four = await listenOn('127.0.0.1');
    expect((await dial(four, named('::1', '127.0.0.1'))).peerAddress.host).toBe('127.0.0.1');
    const six = await listenOn('::1');
    expect((await dial(six, named('127.0.0.1', '::1'))).peerAddress.host).toBe('::1');
  });

  it('the source address chooses the family', async ({ skip }) => {
    skip(!hasIpv6, noIpv6);
    const port = await listenOn('127.0.0.1');
    const connection = await dial(port, named('::1', '127.0.0.1'), { localAddress: '127.0.0.3' });
    expect(connection.localAddress.host).toBe('127.0.0.3');
    const wrong = dial(port, named('127.0.0.1'), { localAddress: '::1' });
    await expect(wrong).rejects.toMatchObject({ code: 'MQB_LOCAL_ADDRESS', exitCode: 2 });
    const literal = dial(port, named(), { host: '127.0.0.1', localAddress: '::1' });
    await expect(literal).rejects.toThrow(/source address ::1 is IPv6, and the host 127\.0\.0\.1 is IPv4/);
  });

  it('names every address when none of them answers', async () => {
    const port = await freePort();
    const attempt = dial(port, named('127.0.0.2', '127.0.0.1'), { timeoutMs: 3_000 });
    await expect(attempt).rejects.toMatchObject({
      code: 'MQB_REFUSED',
      message: expect.stringContaining('127.0.0.2, 127.0.0.1'),
    });
  });
});

it('a name that moved is looked up again when its address fails', async () => {
  let current = '127.0.0.1';
  const book = new AddressBook(() => Promise.resolve([current]));
  const quiet = ({ duplex }: Connection): unknown => duplex.on('error', () => {});
  const first = await transportFor('tcp').listen({ host: '127.0.0.1', port: 0 }, quiet);
  const { port } = first.address;
  const options = { host: 'broker.example', port, addresses: book };
  (await transportFor('tcp').dial(options)).abort();
  await first.close();
  current = '127.0.0.2';
  listeners.push(await transportFor('tcp').listen({ host: '127.0.0.2', port }, quiet));
  await expect(transportFor('tcp').dial(options)).rejects.toMatchObject({ code: 'MQB_REFUSED' });
  const back = await transportFor('tcp').dial(options);
  expect(back.peerAddress.host).toBe('127.0.0.2');
  back.abort();
});
