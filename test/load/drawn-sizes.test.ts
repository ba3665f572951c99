import type { IPublishPacket, Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { readStamp } from '../../src/mqtt/stamp/stamp.js';
import { drawnPayload } from '../../src/plan/distribution.js';
import { atRate } from '../helpers/plans.js';
import { playLoad } from '../helpers/play-load.js';
import { type Peer, ScriptedBroker } from '../helpers/scripted-broker.js';

const sequenceOf = ({ payload }: IPublishPacket): number => {
  const stamp = { run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 };
  const bytes = payload as Buffer;
  expect(readStamp(bytes, 0, bytes.length, undefined, stamp)).toBe(true);
  return stamp.publisher * 1e6 + stamp.sequence;
};

describe('payloads whose size is drawn', () => {
  it('arrive with these sizes, measured, and have the same size when they are written again', async () => {
    const first = new Map<number, number>();
    let again = 0;
    let cut = false;
    const script = (packet: Packet, peer: Peer): boolean => {
      if (packet.cmd !== 'publish') return false;
      const [sequence, bytes] = [sequenceOf(packet), packet.payload.length];
      if (first.has(sequence)) again++;
      expect(first.get(sequence) ?? bytes).toBe(bytes);
      first.set(sequence, bytes);
      if (first.size < 500 || cut) return false;
      cut = true; // what is under way then comes again
      for (const one of peer.broker.peers) one.end();
      return true;
    };
    const broker = await ScriptedBroker.open(script);
    const sizes = {
      kind: 'weighted',
      values: [
        { value: 64, percent: 80 },
        { value: 1_024, percent: 20 },
      ],
    } as const;
    const report = await playLoad(broker.port, {
      clients: 4,
      subscribe: { topic: 'truth/%c', qos: 0 },
      publish: {
        topic: 'truth/%c',
        qos: 1,
        payload: drawnPayload(sizes),
        pace: atRate(1_000),
        inflight: 20,
        limit: 2_000,
      },
      reconnect: { policy: 'fixed', firstMicros: 20_000, maxMicros: 20_000 },
    });
    broker.close();
    expect(again).toBeGreaterThan(0);
    const large = [...first.values()].filter((bytes) => bytes === 1_024).length;
    expect([...new Set(first.values())].sort()).toEqual([1_024, 64]);
    expect(first.size).toBe(2_000);
    expect(large / 2_000).toBeGreaterThan(0.18); // the same draws each time: 4 deviations of 0.2 ± 0.009 are out of question
    expect(large / 2_000).toBeLessThan(0.22);
    expect(report.metrics.distributions['delivery.e2e']?.count).toBeGreaterThan(1_900);
  });
});
