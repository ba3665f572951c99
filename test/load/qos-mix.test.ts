import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { LedgerRow } from '../../src/result/types.js';
import { planMeant } from '../helpers/plan-meant.js';
import { playLoad } from '../helpers/play-load.js';
import { type Peer, ScriptedBroker } from '../helpers/scripted-broker.js';

async function mixedPlan() {
  const { publish, topics } = await planMeant(
    'pub -t truth/%c -c 5 -F 20 --rate 1000 -L 2000 --qos-mix 0:60,1:30,2:10 --sizes uniform:20,200',
  );
  return { clients: 5, publish, topics, subscribe: { topic: 'truth/%c', qos: 2 as const } };
}

const sums = (ledger: readonly LedgerRow[], of: 'offered' | 'sent' | 'received' | 'acknowledged'): number =>
  ledger.reduce((sum, row) => sum + row[of], 0);

describe('a load with a mix of QoS', () => {
  let broker: BrokerHandle;
  beforeAll(async () => {
    broker = await startBroker({ listeners: { tcp: { port: 0 } } });
  });
  afterAll(() => broker.close());

  it('has a row of the ledger for each QoS, which add up, and keeps what each promises', async () => {
    const { ledger } = await playLoad(broker.ready.addresses.tcp?.port as number, await mixedPlan(), { workers: 2 });
    expect(ledger.map(({ qos, verdict, missing }) => [qos, verdict, missing])).toEqual([
      [0, 'nothing-promised', 0],
      [1, 'kept', 0],
      [2, 'kept', 0],
    ]);
    expect(['offered', 'sent', 'received'].map((of) => sums(ledger, of as 'sent'))).toEqual([2_000, 2_000, 2_000]);
    expect(ledger[1]?.acknowledged).toBe(ledger[1]?.sent);
    expect(ledger[2]?.acknowledged).toBe(ledger[2]?.sent);
    for (const [i, share] of [0.6, 0.3, 0.1].entries()) expect(ledger[i]?.sent).toBeGreaterThan(share * 2_000 * 0.8);
  });

  it('blames the QoS whose message is lost, and no other', async () => {
    let lost = 0;
    const lossy = (packet: Packet, peer: Peer): boolean => {
      if (packet.cmd !== 'publish' || packet.qos !== 1 || lost >= 3) return false;
      lost++;
      peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 }); // and not delivered
      return true;
    };
    const scripted = await ScriptedBroker.open(lossy);
    const { ledger } = await playLoad(scripted.port, await mixedPlan(), { drainMillis: 500 });
    scripted.close();
    expect(ledger.map(({ qos, missing }) => [qos, missing])).toEqual([
      [0, 0],
      [1, 3],
      [2, 0],
    ]);
    expect(ledger.map(({ verdict }) => verdict)).toEqual(['nothing-promised', 'broken', 'kept']);
  });
});
