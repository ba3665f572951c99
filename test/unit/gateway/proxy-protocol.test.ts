import { expect, it } from 'vitest';
import { proxyHeader } from '../../../src/gateway/proxy-protocol.js';

const signature = '0d0a0d0a000d0a515549540a';
const header = (client: string, server: string): string =>
  proxyHeader({ host: client, port: 4660 }, { host: server, port: 1883 }).toString('hex');

it('the header of the PROXY protocol has both addresses and ports', () => {
  expect(header('192.0.2.1', '198.51.100.2')).toBe(`${signature}2111000cc0000201c63364021234075b`);
  const [six, eight] = ['20010db8000000000000000000000001', '20010db8000000000000000000000008'];
  expect(header('2001:db8::1', '2001:db8::8')).toBe(`${signature}21210024${six}${eight}1234075b`);
  const four = '00000000000000000000ffffc0000201';
  expect(header('::ffff:192.0.2.1', '::1')).toBe(`${signature}21210024${four}${'0'.repeat(31)}11234075b`);
  expect(header('192.0.2.1', '::1')).toBe(`${signature}21210024${four}${'0'.repeat(31)}11234075b`);
});
