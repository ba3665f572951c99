import type { LoadPlan } from '../../plan/plan.js';
import type { Connection, HandshakeKind } from '../../transport/contract.js';
import type { VirtualClient } from '../client/client.js';
import type { CounterSet } from './counter-set.js';

/** Adds what the transport knows of one connection. */
export function addConnection(to: CounterSet, connection: Connection): void {
  const stats = connection.stats();
  to.add(`handshake.${stats.handshake}`, 1);
  const { earlyData } = stats as { earlyData?: string }; // QUIC's own: none, pending, accepted, rejected
  if (earlyData !== undefined) to.add(`earlyData.${earlyData}`, 1);
  to.add('bytes.sent', stats.bytesSent);
  to.add('bytes.received', stats.bytesReceived);
  const optional = ['packetsSent', 'packetsReceived', 'packetsLost', 'packetsRetransmitted', 'pathChanges'] as const;
  for (const name of optional) {
    const value = stats[name];
    if (value !== undefined) to.add(`transport.${name}`, value);
  }
  const { datagrams } = connection;
  if (datagrams === undefined) return;
  for (const name of ['sent', 'dropped', 'received'] as const) to.add(`datagrams.${name}`, datagrams[name]);
}

/** Counters of ended and living connections together. @param ended what was counted so far */
export function allCounters(
  ended: CounterSet,
  plan: LoadPlan,
  clients: readonly VirtualClient[],
): Record<string, number> {
  const sums = ended.copy();
  // What never happened is a zero, not a number that is missing.
  for (const kind of ['none', 'full', 'resumed', 'early-data'] satisfies HandshakeKind[])
    sums.add(`handshake.${kind}`, 0);
  for (const name of ['protocol.violations', 'messages.retained']) sums.add(name, 0);
  if (plan.anyRun) sums.add('messages.gaps', 0);
  for (const client of clients) {
    if (plan.anyRun) sums.add('messages.gaps', client.reception.gaps);
    if (client.connection !== undefined) addConnection(sums, client.connection);
    if (plan.publish?.topicAlias === true) sums.add('topicAlias.used', client.traffic.aliasesUsed);
    const { data, strayAcknowledgements } = client.session;
    if (data === undefined) continue;
    sums.add('streams.opened', data.opened);
    sums.add('streams.died', data.died);
    sums.add('streams.strayAcknowledgements', strayAcknowledgements);
  }
  return sums.toRecord();
}
