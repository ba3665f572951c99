import { describe, expect, it } from 'vitest';
import { handshakeCount, handshakeKinds } from '../../../../src/report/rows/handshakes.js';
import { sectionsOf } from '../../../../src/report/rows/rows.js';
import type { Cell, Distribution } from '../../../../src/result/types.js';

const counted = (count: number) => ({ count }) as Distribution;

/** A cell with so many handshakes of each kind in all, and the returns among them. */
const cell = (counters: Record<string, number>, returns: Record<string, number>): Cell =>
  ({
    counters,
    metrics: {
      distributions: Object.fromEntries(
        Object.entries(returns).map(([kind, count]) => [`reconnect.connack${kind}`, counted(count)]),
      ),
      values: {},
    },
  }) as unknown as Cell;

const of = (one: Cell, which: 'first' | 'return') =>
  Object.fromEntries(handshakeKinds.map(([kind]) => [kind, handshakeCount(one, which, kind)]));

describe('handshakes', () => {
  it('of the return stand apart from those of the first connects', () => {
    const tickets = cell(
      { 'handshake.full': 5010, 'handshake.resumed': 4990 },
      { '': 5000, '.full': 10, '.resumed': 4990 },
    );
    expect(of(tickets, 'first')).toEqual({ none: 0, full: 5000, resumed: 0, 'early-data': 0 });
    expect(of(tickets, 'return')).toEqual({ none: 0, full: 10, resumed: 4990, 'early-data': 0 });
    const early = cell({ 'handshake.full': 60, 'handshake.early-data': 60 }, { '': 60, '.early-data': 60 });
    expect(of(early, 'return')).toEqual({ none: 0, full: 0, resumed: 0, 'early-data': 60 });
  });

  it('of TCP are none', () => {
    const tcp = cell({ 'handshake.none': 120, 'handshake.full': 0 }, { '': 60 });
    expect([of(tcp, 'first').none, of(tcp, 'return').none]).toEqual([60, 60]);
  });

  it('that nobody counted are not made up', () => {
    expect(of(cell({}, { '': 60 }), 'return').full).toBeNaN();
    expect(of(cell({ 'handshake.full': 60 }, {}), 'return').full).toBe(0);
  });

  it('stand in the table with what a reconnect costs, where anybody returned', () => {
    const values = { 'wire.connect.up': 820, 'wire.reconnect.up': 1200, 'broker.reconnect.cpu': 1030 };
    const one = cell({ 'handshake.full': 60, 'handshake.resumed': 60 }, { '': 60, '.resumed': 60 });
    const cells = [{ ...one, windows: {}, events: [], resources: [], theoryRoundTrips: {} } as unknown as Cell];
    (cells[0] as { metrics: unknown }).metrics = { ...one.metrics, values };
    const section = sectionsOf([{ arm: 'tls-ticket', cells }]).find(({ heading }) => heading === 'What it costs');
    expect(section?.rows.map(({ label, detail, values: [value] }) => `${label} ${detail}: ${value}`)).toEqual([
      'Bytes per connect up: 820 B',
      'Bytes/reconnect up: 1.20 KB',
      'Broker CPU, per reconnect: 1.03 ms',
      'First, handshake full: 60',
      'Returns, handshake resumed: 60',
    ]);
  });
});
