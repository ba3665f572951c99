import { describe, expect, it } from 'vitest';
import type { BrokerReady } from '../../../src/broker/contract.js';
import { brokerOptions, loadPlan } from '../../../src/run/plan.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';
import type { PlannedCell } from '../../../src/scenario/types.js';

const read = (arms: string, load = '{}') =>
  readScenario(`title: t\narms: [${arms}]\nnetwork: {rtt: 1ms}\nload: ${load}\n`, 'x.yaml');
const only = (arm: string, load?: string): PlannedCell => planCells(read(arm, load))[0] as PlannedCell;
const lab = { clientAddresses: 1 };
const server = { addresses: { quic: { host: '127.0.0.1', port: 1 } }, ca: '' } as BrokerReady;

describe('arms with several streams', () => {
  it.each([
    ['control', 'quic', 'control', 10],
    ['per-topic', 'quic-per-topic', 'per-topic', 20],
    ['per-qos', 'quic-per-qos', 'per-qos', 10],
    ['pub-sub', 'quic-pub-sub', 'pub-sub', 10],
    ['12', 'quic-streams-12', 12, 26],
  ])('streams: %s is called %s; the broker grants enough', (streams, name, map, granted) => {
    const cell = only(`{transport: quic, streams: ${streams}}`);
    expect(cell.arm.name).toBe(name);
    expect(loadPlan(cell, lab, server, []).target).toMatchObject({ streams: map, datagrams: false });
    expect(brokerOptions(cell, lab, '127.0.0.1').quic).toMatchObject({ maxStreams: granted, datagrams: false });
  });

  it('datagrams: both ends have them on', () => {
    const cell = only('{transport: quic, datagrams: true}');
    expect(cell.arm.name).toBe('quic-datagrams');
    expect(loadPlan(cell, lab, server, []).target).toMatchObject({ datagrams: true });
    expect(brokerOptions(cell, lab, '127.0.0.1').quic).toMatchObject({ datagrams: true });
  });

  it('topics of each client reach the load', () => {
    const load = "{topics: 8, publish: {topic: 'a/%i/%t', rate: 10/s}}";
    expect(loadPlan(only('quic', load), lab, server, []).topics).toBe(8);
    expect(() => read('quic', "{topics: 8, publish: {topic: 'a/%i', rate: 10/s}}")).toThrow(
      /load\.topics: tells topics apart by %t, and "a\/%i" has none/,
    );
  });

  it('are refused where there is one stream, and for words that are none', () => {
    expect(() => read('{transport: tls, streams: per-topic}')).toThrow(
      'per-topic needs QUIC, and tls has one stream: say transport: quic',
    );
    expect(() => read('{transport: tcp, datagrams: true}')).toThrow(
      'arms[0].datagrams: needs QUIC, and this arm uses tcp',
    );
    expect(() => read('{transport: quic, streams: single}')).toThrow(/1 mistake/);
    expect(() => read('{transport: quic, streams: 0}')).toThrow(/1 mistake/);
  });

  it('are named as unequal terms', () => {
    expect(unequalTerms(read('quic, {transport: quic, streams: 2}, {transport: quic, datagrams: true}'))).toEqual([
      'streams: control on quic, quic-datagrams; 2 on quic-streams-2',
      'QoS 0: on streams on quic, quic-streams-2; in datagrams on quic-datagrams',
    ]);
  });
});
