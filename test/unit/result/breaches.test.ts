import { describe, expect, it } from 'vitest';
import { breachesOf } from '../../../src/result/breaches.js';
import type { Cell, LedgerRow } from '../../../src/result/types.js';

const row = (over: Partial<LedgerRow> = {}): LedgerRow => ({
  ...{
    qos: 1,
    offered: 40,
    sent: 40,
    resent: 0,
    acknowledged: 40,
    received: 40,
    duplicate: 0,
    disordered: 0,
    missing: 0,
  },
  verdict: 'kept',
  ...over,
});

function breaches(ledger: readonly LedgerRow[], errors: Cell['errors'] = [], more: Partial<Cell> = {}): string[] {
  const received = ledger.reduce((sum, one) => sum + one.received, 0);
  const values = { 'messages.received': received, 'clients.asked': 3 };
  return breachesOf({ ledger, errors, metrics: { distributions: {}, values }, counters: {}, events: [], ...more });
}

const error = (code: string, count = 2) => ({ code, message: code, count });

describe('what no run passes over', () => {
  it.each([
    ['MQB_ACK_UNKNOWN', 'the peer broke the protocol 2 times (MQB_ACK_UNKNOWN)'],
    ['MQB_ACK_TWICE', 'the peer broke the protocol 2 times (MQB_ACK_TWICE)'],
    ['MQB_ACK_KIND', 'the peer broke the protocol 2 times (MQB_ACK_KIND)'],
    ['MQB_UNASKED', 'the peer broke the protocol 2 times (MQB_UNASKED)'],
    ['MQB_UNFINISHED', 'the peer broke the protocol 2 times (MQB_UNFINISHED)'],
    ['MQB_PACKET_SIZE', 'the peer broke the protocol 2 times (MQB_PACKET_SIZE)'],
    ['MQB_PROTOCOL', 'the peer broke the protocol 2 times (MQB_PROTOCOL)'],
    ['MQB_TAKEN_OVER', '2 sessions were taken over by another client with the same id (MQB_TAKEN_OVER)'],
    ['MQB_THROWN_OUT', '2 clients were thrown out again and again by another client with the same id (MQB_THROWN_OUT)'],
    ['MQB_SUBACK_128', '2 subscriptions were refused (MQB_SUBACK_128)'],
    ['MQB_NO_SUBACK', '2 subscriptions were never answered (MQB_NO_SUBACK)'],
    ['MQB_PUBACK_135', '2 publishes were refused (MQB_PUBACK_135)'],
  ])('%s', (code, says) => {
    expect(breaches([row()], [error(code), error('MQB_LOST')])).toEqual([says]);
  });

  it('counts kinds of one sort together', () => {
    expect(breaches([row()], [error('MQB_PROTOCOL', 1), error('MQB_ACK_KIND', 4)])).toEqual([
      'the peer broke the protocol 5 times (MQB_PROTOCOL, MQB_ACK_KIND)',
    ]);
  });

  it('is a broken or an unsettled promise, silence, and nothing received', () => {
    expect(breaches([row({ missing: 1, verdict: 'broken' })])).toEqual(['the promise of QoS 1 was broken: 1 missing']);
    expect(breaches([row({ qos: 2, duplicate: 3, verdict: 'broken' })])).toEqual([
      'the promise of QoS 2 was broken: 3 came twice',
    ]);
    expect(breaches([row({ missing: 13, verdict: 'not-settled' })])).toEqual([
      'whether QoS 1 kept its promise is not settled: 13 missing when the wait at the end was over',
    ]);
    expect(breaches([row({ acknowledged: 0, verdict: 'no-data', received: 0 })])).toEqual([
      'none of 40 publishes was acknowledged',
    ]);
    expect(breaches([row({ qos: 0, acknowledged: 0, received: 0, missing: 40, verdict: 'nothing-promised' })])).toEqual(
      ['none of 40 deliveries arrived'],
    );
    const single = { offered: 1, sent: 1, acknowledged: 0, received: 0 };
    expect(breaches([row({ ...single, verdict: 'no-data' })])).toEqual(['the only publish was not acknowledged']);
    expect(breaches([row({ ...single, qos: 0, missing: 1, verdict: 'nothing-promised' })])).toEqual([
      'the only delivery did not arrive',
    ]);
  });

  it('is that nobody connected, and then nothing else', () => {
    const nobody = { distributions: {}, values: { 'clients.connected': 0 } };
    expect(breaches([row({ acknowledged: 0 })], [], { metrics: nobody })).toEqual(['no client connected']);
  });

  it('is that clients were lost for good, where no event of the timeline had disturbed them', () => {
    const counters = { 'clients.gone': 2 };
    const healed = { name: 'heal', atMicros: 1, proof: {} };
    const rebound = { name: 'rebind', atMicros: 1, proof: {}, metrics: { distributions: {}, values: {} } };
    expect(breaches([row()], [], { counters })).toEqual(['2 of 3 clients were lost for good']);
    expect(breaches([row()], [], { counters, events: [healed] })).toEqual(['2 of 3 clients were lost for good']);
    expect(breaches([row()], [], { counters, events: [healed, rebound] })).toEqual([]);
  });

  it('is not what brokers do under load, nor what nobody promised', () => {
    const usual = ['MQB_LOST', 'MQB_CLOSED', 'MQB_REFUSED', 'MQB_SILENT', 'MQB_NO_CONNACK', 'MQB_CONNACK_3'];
    expect(
      breaches(
        [row({ missing: 5, verdict: 'nothing-promised' })],
        usual.map((code) => error(code)),
      ),
    ).toEqual([]);
    expect(breaches([row({ qos: 0, acknowledged: 0 })])).toEqual([]);
    expect(breaches([])).toEqual([]);
  });
});
