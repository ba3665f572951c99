import { isIPv6 } from 'node:net';
import type { Address } from '../transport/contract.js';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Version 2, command PROXY. */
const versionAndCommand = 0x21;
/** Family in the upper half, and STREAM: what follows is one, whatever carried it to us. */
const families = { four: 0x11, six: 0x21 } as const;

/**
 * The header of the PROXY protocol, version 2, that says who is behind a connection (haproxy.org, "The PROXY protocol",
 * section 2.2).
 */
export function proxyHeader(client: Address, server: Address): Buffer {
  const isSix = isIPv6(client.host) || isIPv6(server.host);
  const addresses = [client.host, server.host].map((host) => (isSix ? bytesOfSix(host) : bytesOfFour(host)));
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(client.port, 0);
  ports.writeUInt16BE(server.port, 2);
  const rest = Buffer.concat([...addresses, ports]);
  const head = Buffer.from([
    versionAndCommand,
    isSix ? families.six : families.four,
    rest.length >>> 8,
    rest.length & 0xff,
  ]);
  return Buffer.concat([signature, head, rest]);
}

const bytesOfFour = (host: string): Buffer => Buffer.from(host.split('.').map(Number));

/** An IPv4 address as an IPv4-mapped one (RFC 4291, 2.5.5.2). */
function bytesOfSix(host: string): Buffer {
  const bytes = Buffer.alloc(16);
  if (!isIPv6(host)) {
    bytes.writeUInt16BE(0xffff, 10);
    bytesOfFour(host).copy(bytes, 12);
    return bytes;
  }
  const [head = '', tail] = host.replace(/%.*/, '').split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (!group.includes('.')) return [Number.parseInt(group, 16)];
          const four = bytesOfFour(group);
          return [four.readUInt16BE(0), four.readUInt16BE(2)];
        });
  const [front, back] = [groups(head), groups(tail ?? '')];
  for (const [at, group] of front.entries()) bytes.writeUInt16BE(group, 2 * at);
  for (const [at, group] of back.entries()) bytes.writeUInt16BE(group, 2 * (8 - back.length + at));
  return bytes;
}
