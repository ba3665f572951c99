import { describe, expect, it } from 'vitest';
import { formatBrokerUrl, parseBrokerUrl } from '../../src/transport/url.js';

describe('broker URLs', () => {
  it.each([
    ['mqtt://broker', { transport: 'tcp', host: 'broker', port: 1883 }],
    ['broker:1884', { transport: 'tcp', host: 'broker', port: 1884 }],
    ['mqtts://broker', { transport: 'tls', host: 'broker', port: 8883 }],
    ['ws://broker', { transport: 'ws', host: 'broker', port: 8083, path: '/mqtt' }],
    ['ws://broker:80', { transport: 'ws', host: 'broker', port: 80, path: '/mqtt' }],
    ['wss://broker:443/other?x=1', { transport: 'wss', host: 'broker', port: 443, path: '/other?x=1' }],
    ['quic://[fd00::1]', { transport: 'quic', host: 'fd00::1', port: 14567 }],
    ['mqtt-quic://10.0.0.1:1', { transport: 'quic', host: '10.0.0.1', port: 1 }],
    ['MQTT://u%40x:p%3A@h', { transport: 'tcp', host: 'h', port: 1883, username: 'u@x', password: 'p:' }],
  ])('reads %s', (text, expected) => {
    expect(parseBrokerUrl(text)).toEqual(expected);
  });

  it.each([
    ['http://broker', 'no scheme http'],
    ['mqtt://', 'no host'],
    ['mqtt://h:99999', 'cannot be read'],
    ['mqtt://h:0', 'port 0'],
    ['mqtt://h h', 'cannot be read'],
    ['mqtt://300.1.1.1', '"300.1.1.1" is neither an address nor the name of a host'],
    ['mqtt://a..b', 'neither'],
    ['mqtt://-a', 'neither'],
    [`mqtt://${'a'.repeat(64)}.b`, 'neither'],
  ])('refuses %s', (text, why) => {
    expect(() => parseBrokerUrl(text)).toThrow(
      expect.objectContaining({ code: 'MQB_BAD_URL', exitCode: 2, message: expect.stringContaining(why) }),
    );
  });

  it('writes what it reads', () => {
    for (const text of ['mqtt://a:1', 'mqtts://1.2.3.4:2', 'quic://[::1]:3']) {
      const { transport, host, port } = parseBrokerUrl(text);
      expect(formatBrokerUrl(transport, host, port)).toBe(text);
    }
    expect(formatBrokerUrl('ws', 'h', 4, '/mqtt')).toBe('ws://h:4/mqtt');
  });
});
