import type { Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import type { LoadPlan } from '../../src/plan/plan.js';
import { atRate, filler } from '../helpers/plans.js';
import { playLoad } from '../helpers/play-load.js';
import { type Peer, ScriptedBroker } from '../helpers/scripted-broker.js';

const publish = { topic: 'truth/%c', qos: 1 as const, payload: filler(64), pace: atRate(400), inflight: 20, limit: 40 };

/** The counters of reasons after a load against a broker with a script. */
async function reasonsOf(script: (packet: Packet, peer: Peer) => boolean, over: Partial<LoadPlan>) {
  const broker = await ScriptedBroker.open(script);
  const report = await playLoad(
    broker.port,
    { clients: 2, mqttVersion: 5, publish, ...over },
    { millis: 500, drainMillis: 300 },
  );
  broker.close();
  const reasons = Object.entries(report.counters).filter(([name]) => name.startsWith('reason.'));
  return { report, reasons: Object.fromEntries(reasons) };
}

/** The first publishes get these reasons, each once. */
const answering = (cmd: 'puback' | 'pubrec' | 'pubcomp', to: Packet['cmd'], codes: readonly number[]) => {
  const left = [...codes];
  return (packet: Packet, peer: Peer): boolean => {
    if (packet.cmd !== to) return false;
    const reasonCode = left.shift() ?? 0;
    peer.write({ cmd, messageId: packet.messageId ?? 0, reasonCode } as Packet);
    return true;
  };
};

describe('reason codes of a broker', () => {
  it.each([
    ['puback', 'publish', 1, [16, 16, 151], { 'no-matching-subscribers': 2, 'quota-exceeded': 1 }],
    ['pubrec', 'publish', 2, [16, 135, 135], { 'no-matching-subscribers': 1, 'not-authorised': 2 }],
    ['pubcomp', 'pubrel', 2, [146], { 'packet-identifier-not-found': 1 }],
  ] as const)('are counted by name: %s', async (cmd, to, qos, codes, named) => {
    const { reasons } = await reasonsOf(answering(cmd, to, codes), { publish: { ...publish, qos } });
    expect(reasons).toEqual(
      Object.fromEntries(Object.entries(named).map(([name, count]) => [`reason.${cmd}.${name}`, count])),
    );
  });

  it.each([
    [5, 0x87, 'not-authorised'],
    [5, 0x9f, 'connection-rate-exceeded'],
    [4, 5, 'not-authorised'],
    [5, 0xf0, 'code-240'],
  ] as const)('are counted by name: CONNACK of version %i, %i', async (mqttVersion, code, name) => {
    const refuse = (packet: Packet, peer: Peer): boolean => {
      if (packet.cmd !== 'connect') return false;
      const v5 = [0x20, 3, 0, code, 0];
      peer.write(mqttVersion === 5 ? v5 : [0x20, 2, 0, code]);
      return true;
    };
    const { reasons } = await reasonsOf(refuse, { mqttVersion, publish: undefined });
    expect(reasons).toEqual({ [`reason.connack.${name}`]: 2 });
  });

  it.each([
    [139, 'server-shutting-down'],
    [142, 'session-taken-over'],
    [0, 'normal-disconnection'],
  ])('are counted by name: DISCONNECT %i', async (code, name) => {
    const ended = new Set<Peer>();
    const end = (packet: Packet, peer: Peer): boolean => {
      if (packet.cmd !== 'publish') return false;
      if (!ended.has(peer)) peer.write([0xe0, 2, code, 0]);
      ended.add(peer);
      return true;
    };
    const { reasons } = await reasonsOf(end, {});
    expect(reasons).toEqual({ [`reason.disconnect.${name}`]: 2 });
  });

  it('are counted by name: SUBACK, where less is granted than was asked for, and it is no promise then', async () => {
    const grant = (packet: Packet, peer: Peer): boolean => {
      if (packet.cmd === 'subscribe') peer.write({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [0] });
      if (packet.cmd === 'publish') peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
      return packet.cmd === 'subscribe' || packet.cmd === 'publish'; // nothing is delivered
    };
    const { reasons, report } = await reasonsOf(grant, { subscribe: { topic: 'truth/%c', qos: 1 } });
    expect(reasons).toEqual({ 'reason.suback.granted-qos-0': 2 });
    expect(report.ledger).toMatchObject([{ acknowledged: 40, received: 0, verdict: 'nothing-promised' }]);
  });

  it('are none where everything goes as it should', async () => {
    const { reasons, report } = await reasonsOf(() => false, { subscribe: { topic: 'truth/%c', qos: 0 } });
    expect(reasons).toEqual({});
    expect(report.ledger).toMatchObject([{ acknowledged: 40, received: 40 }]);
  });
});
