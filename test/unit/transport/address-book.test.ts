import { describe, expect, it } from 'vitest';
import { AddressBook, familyProblem } from '../../../src/transport/address-book.js';

const both = ['::1', '::2', '127.0.0.1', '127.0.0.2'];

/** A book whose name has these addresses, and how often it was looked up. */
function bookOf(addresses: readonly string[]): { book: AddressBook; asked: () => number } {
  let asked = 0;
  const book = new AddressBook(async () => {
    asked++;
    return addresses;
  });
  return { book, asked: () => asked };
}

const endpoint = { transport: 'tcp', host: 'broker.example', port: 1883 };

describe('the addresses of a name', () => {
  it('take turns by family, the first of the system first', async () => {
    expect(await bookOf(both).book.find(endpoint)).toEqual(['::1', '127.0.0.1', '::2', '127.0.0.2']);
    expect(await bookOf(['127.0.0.1', '::1', '127.0.0.1']).book.find(endpoint)).toEqual(['127.0.0.1', '::1']);
  });

  it('are looked up once for a crowd; an address needs no look-up', async () => {
    const { book, asked } = bookOf(both);
    await Promise.all(Array.from({ length: 100 }, () => book.find(endpoint)));
    expect(asked()).toBe(1);
    expect(await book.find({ ...endpoint, host: '192.0.2.1' })).toEqual(['192.0.2.1']);
    expect(asked()).toBe(1);
  });

  it('the one that answered is first, by transport and port, until it fails', async () => {
    const { book, asked } = bookOf(both);
    book.came(endpoint, '127.0.0.1', true);
    book.came(endpoint, '127.0.0.1', false);
    expect(await book.find(endpoint)).toEqual(['127.0.0.1', '::1', '::2', '127.0.0.2']);
    expect((await book.find({ ...endpoint, transport: 'quic' }))[0]).toBe('::1');
    expect((await book.find({ ...endpoint, port: 1884 }))[0]).toBe('::1');
    expect(book.used()).toEqual([{ host: 'broker.example', address: '127.0.0.1', connections: 2, raced: 1 }]);
    book.failed(endpoint);
    expect((await book.find(endpoint))[0]).toBe('::1');
    expect(asked()).toBe(2);
  });

  it('the source address chooses the family; without an address of it that is bad usage in words', async () => {
    const { book } = bookOf(both);
    expect(await book.find({ ...endpoint, localAddress: '127.0.0.9' })).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(await book.find({ ...endpoint, localAddress: '::9' })).toEqual(['::1', '::2']);
    await expect(bookOf(['127.0.0.1']).book.find({ ...endpoint, localAddress: '::1' })).rejects.toMatchObject({
      code: 'MQB_LOCAL_ADDRESS',
      exitCode: 2,
      message: 'broker.example has no IPv6 address, and the source address ::1 is one',
    });
    expect(familyProblem('127.0.0.1', '::1')).toBe('the source address ::1 is IPv6, and the host 127.0.0.1 is IPv4');
    expect(familyProblem('localhost', '::1')).toBeUndefined();
    expect(familyProblem('::1', '::1')).toBeUndefined();
  });

  it('a look-up that failed is tried again by the next dial', async () => {
    let asked = 0;
    const book = new AddressBook(async () => {
      if (asked++ === 0) throw Object.assign(new Error('not now'), { code: 'EAI_AGAIN' });
      return both;
    });
    await expect(book.find(endpoint)).rejects.toThrow('not now');
    expect(await book.find(endpoint)).toHaveLength(4);
  });
});
