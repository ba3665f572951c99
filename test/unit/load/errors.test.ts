import { describe, expect, it } from 'vitest';
import { clientError, closedByPeer, type HowFar, noAnswer } from '../../../src/load/errors.js';
import { dialError } from '../../../src/transport/dial-errors.js';

it.each([
  [2_000_000, 'no CONNACK from broker.test:1883 within 2 s'],
  [700_000, 'no CONNACK from broker.test:1883 within 0.7 s'],
])('a limit of %i µs is named as it was asked for, however late it was noticed', (micros, message) => {
  expect(noAnswer('CONNACK', 'broker.test:1883', micros)).toMatchObject({ code: 'MQB_NO_CONNACK', message });
});

describe('a connection that the peer ended', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const dead = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' });
  const hints = (scheme: string, howFar: HowFar) => ({
    reset: clientError(reset, `${scheme}://h:1`, howFar).hint,
    closed: closedByPeer(`${scheme}://h:1`, howFar).hint,
  });
  const early = { beforeConnack: true, othersConnected: false };

  it('before CONNACK may have spoken TLS where this side did not, and only there', () => {
    for (const scheme of ['mqtt', 'mqtts', 'ws', 'wss', 'quic']) {
      const found = Object.values(hints(scheme, early));
      expect(found.map((hint) => hint?.includes('needs mqtts://'))).toEqual(Array(2).fill(scheme === 'mqtt'));
      expect(found.map((hint) => hint?.includes('--cert'))).toEqual(Array(2).fill(/mqtts|wss|quic/.test(scheme)));
    }
    expect(hints('mqtt', early)).toMatchInlineSnapshot(`
      {
        "closed": "check that this port speaks MQTT of the version asked for (one that speaks TLS needs mqtts:// or wss://), that the client id is allowed, and that the broker has room for more clients",
        "reset": "check that this port speaks MQTT of the version asked for (one that speaks TLS needs mqtts:// or wss://), that the client id is allowed, and that the broker has room for more clients",
      }
    `);
  });

  it('where others were let in speaks the right protocol: it may be full', () => {
    expect(hints('mqtt', { ...early, othersConnected: true })).toMatchInlineSnapshot(`
      {
        "closed": "others were let in: the broker may have no room for more (limits of connections and descriptors, see its log), or not allow these client ids",
        "reset": "others were let in: the broker may have no room for more (limits of connections and descriptors, see its log), or not allow these client ids",
      }
    `);
  });

  it('after CONNACK has nothing to do with TLS', () => {
    const howFar = { beforeConnack: false, othersConnected: true };
    expect(hints('mqtt', howFar)).toMatchInlineSnapshot(`
      {
        "closed": "a broker also does so when another client connects with the same id: give each run ids of its own (leave --prefix out, or give another one); with -V 5 it names its reason",
        "reset": "the broker, or something on the way to it, ended it: look at its log",
      }
    `);
    expect(clientError(dead, 'mqtt://h:1', howFar).hint).toMatchInlineSnapshot(
      `"the path may be dead, or the machine of the broker: compare with mqbench probe"`,
    );
  });
});

it('a handshake of WebSocket that is cut may have met TLS, where this side does not speak it', () => {
  const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  const hint = (url: string) => dialError(url, 'websocket', reset).hint;
  expect(hint('ws://h:1/mqtt')).toBe(
    'check that this port speaks this protocol; one that speaks TLS needs wss:// (or mqtts://)',
  );
  expect(hint('wss://h:1/mqtt')).toBe('check that this port speaks this protocol');
});
