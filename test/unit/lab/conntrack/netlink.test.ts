import { describe, expect, test } from 'vitest';
import { addressBytes, parseFlows } from '../../../../src/lab/conntrack/netlink.js';

test.each([
  ['10.71.1.7', '0a470107'],
  ['fd71::1:7', 'fd710000000000000000000000010007'],
  ['::1', '00000000000000000000000000000001'],
  ['fd73::', 'fd730000000000000000000000000000'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
])('%s is the bytes %s', (address, bytes) => {
  expect(addressBytes(address)).toBe(bytes);
});

describe('a dump of the table of flows', () => {
  const attribute = (type: number, content: Buffer): Buffer => {
    const padded = Buffer.alloc((4 + content.length + 3) & ~3);
    padded.writeUInt16LE(4 + content.length, 0);
    padded.writeUInt16LE(type, 2);
    content.copy(padded, 4);
    return padded;
  };
  const message = (type: number, body: Buffer): Buffer => {
    const whole = Buffer.alloc(16 + body.length);
    whole.writeUInt32LE(whole.length, 0);
    whole.writeUInt16LE(type, 4);
    body.copy(whole, 16);
    return whole;
  };
  const nested = 0x8000;
  const source = attribute(1, Buffer.from([10, 71, 1, 7]));
  const tuple = attribute(1 | nested, attribute(1 | nested, Buffer.concat([source, attribute(2, Buffer.alloc(4))])));
  const flow = message(0x0100, Buffer.concat([Buffer.from([2, 0, 0, 0]), attribute(3, Buffer.alloc(4)), tuple]));

  test('gives each flow with the address it came from, and says when it is over', () => {
    const found = { family: 2, source: '0a470107', tuple };
    expect(parseFlows(Buffer.concat([flow, flow]))).toEqual({ found: [found, found], done: false });
    expect(parseFlows(Buffer.concat([flow, message(3, Buffer.alloc(4))]))).toEqual({ found: [found], done: true });
  });

  test('that the kernel refuses is an error with its reason', () => {
    const refused = Buffer.alloc(4);
    refused.writeInt32LE(-1);
    expect(() => parseFlows(message(2, refused))).toThrow(/not permitted/);
  });

  test('that is cut short ends without one more flow', () => {
    expect(parseFlows(flow.subarray(0, 12)).found).toEqual([]);
  });
});
