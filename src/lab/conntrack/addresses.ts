import { isIPv4 } from 'node:net';

/** An IPv4 or IPv6 address as its bytes in hexadecimal: one spelling for every way to write it. */
export function addressBytes(address: string): string {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number)).toString('hex');
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] =>
    text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0'));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  return [...front, ...new Array<string>(8 - front.length - back.length).fill('0000'), ...back].join('');
}
