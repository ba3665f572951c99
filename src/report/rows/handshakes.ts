import type { Cell } from '../../result/types.js';

/** The ways in which a handshake went, with a word for each; TCP has none. */
export const handshakeKinds = [
  ['none', 'no TLS'],
  ['full', 'full'],
  ['resumed', 'resumed'],
  ['early-data', '0-RTT'],
] as const;
export type HandshakeKind = (typeof handshakeKinds)[number][0];

/**
 * How many handshakes of a kind a cell had: at the first connects, or at the returns of clients that had been connected
 * (a return that did not get as far as CONNACK is among the first ones). NaN when nobody counted.
 */
export function handshakeCount(cell: Cell, which: 'first' | 'return', kind: HandshakeKind): number {
  if (!handshakeKinds.some(([one]) => `handshake.${one}` in cell.counters)) return Number.NaN;
  const { distributions } = cell.metrics;
  const by = (one: Exclude<HandshakeKind, 'none'>): number => distributions[`reconnect.connack.${one}`]?.count ?? 0;
  const withTls = by('full') + by('resumed') + by('early-data');
  const all = distributions['reconnect.connack']?.count ?? 0;
  const returns = kind === 'none' ? Math.max(0, all - withTls) : by(kind);
  return which === 'return' ? returns : Math.max(0, (cell.counters[`handshake.${kind}`] ?? 0) - returns);
}
