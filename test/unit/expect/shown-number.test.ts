import { describe, expect, it } from 'vitest';
import { parseShown } from '../../../src/expect/shown-number.js';

const known = {
  arms: ['tcp', 'quic'],
  networks: ['30ms'],
  windows: ['before', 'after'],
  events: [{ name: 'rebind', disturbs: true }],
};

describe('a number that is shown', () => {
  it.each([
    ['messages.missing', { metric: 'messages.missing', statistic: 'value' }],
    ['connect.connack.p50', { metric: 'connect.connack', statistic: 'p50' }],
    ['after.publish.ack.p95', { metric: 'publish.ack', statistic: 'p95', window: 'after' }],
    ['rebind.clients.survived', { metric: 'clients.survived', statistic: 'value', window: 'rebind' }],
  ])('%s is a metric with its statistic, window or event', (text, number) => {
    expect(parseShown(text, known)).toEqual(number);
    expect(parseShown(text)).toEqual(number);
  });

  it.each([
    ['quic.messages.missing', 'a number is shown of every arm and network; write "messages.missing"'],
    ['tcp@30ms.connect.connack.p50', 'a number is shown of every arm and network; write "connect.connack.p50"'],
    ['link.up.packetsLost', '"link.up.packetsLost" is no row of a table; name a metric such as publish.ack.p95'],
    ['publish.ack.count', '"publish.ack.count" is no row of a table; name a metric such as publish.ack.p95'],
  ])('%s is refused with what to write', (text, message) => {
    expect(() => parseShown(text, known)).toThrow(message);
  });
});
