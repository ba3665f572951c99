import type { Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { atRate, closedLoop, filler } from '../helpers/plans.js';
import { playLoad } from '../helpers/play-load.js';
import { type Peer, ScriptedBroker } from '../helpers/scripted-broker.js';

/** Names a receive maximum per connection, keeps acknowledgements back, and knows how many publishes it has unanswered. */
class CountingBroker {
  /** The most that any connection had under way, by number of the connection. */
  readonly most: number[] = [];
  published = 0;
  /** Of what came again after a cut, how it was marked. */
  readonly again: boolean[] = [];
  private connections = 0;

  constructor(
    /** Of each connection in turn; the last one of all further ones. */
    private readonly maxima: readonly number[],
    /** After so many publishes the first connection is cut, with all of them unanswered. */
    private readonly cutAfter = Number.POSITIVE_INFINITY,
  ) {}

  private readonly open = new Map<Peer, { readonly number: number; underWay: number }>();

  readonly script = (packet: Packet, peer: Peer): boolean => {
    if (packet.cmd === 'connect') {
      const number = this.connections++;
      this.open.set(peer, { number, underWay: 0 });
      const receiveMaximum = this.maxima[Math.min(number, this.maxima.length - 1)] as number;
      const sessionPresent = number > 0;
      peer.write({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent, properties: { receiveMaximum } });
      return true;
    }
    const own = this.open.get(peer);
    if (packet.cmd !== 'publish' || own === undefined) return packet.cmd === 'pubrel' && this.release(packet, peer);
    own.underWay++;
    this.published++;
    if (own.number > 0) this.again.push(packet.dup);
    this.most[own.number] = Math.max(this.most[own.number] ?? 0, own.underWay);
    if (own.number === 0 && this.published >= this.cutAfter) peer.end();
    else if (this.cutAfter === Number.POSITIVE_INFINITY || own.number > 0) this.answerLater(packet, peer);
    return true;
  };

  private answerLater({ messageId = 0, qos }: Packet & { qos: number }, peer: Peer): void {
    setTimeout(() => {
      if (qos === 2) {
        peer.write({ cmd: 'pubrec', messageId });
        return;
      }
      (this.open.get(peer) as { underWay: number }).underWay--;
      peer.write({ cmd: 'puback', messageId });
    }, 5);
  }

  private release({ messageId = 0 }: Packet, peer: Peer): boolean {
    (this.open.get(peer) as { underWay: number }).underWay--;
    peer.write({ cmd: 'pubcomp', messageId });
    return true;
  }
}

const plan = {
  clients: 1,
  mqttVersion: 5,
  subscribe: undefined,
  publish: { topic: 't', qos: 1, payload: filler(64), pace: closedLoop, inflight: 50, limit: 200 },
} as const;

describe('the receive maximum of a broker', () => {
  it.each([
    [1, 1],
    [7, 1],
    [7, 2],
    [50, 1],
  ] as const)('is used and not exceeded: %i, QoS %i', async (maximum, qos) => {
    const counting = new CountingBroker([maximum]);
    const broker = await ScriptedBroker.open(counting.script);
    const { ledger } = await playLoad(broker.port, { ...plan, publish: { ...plan.publish, qos } });
    broker.close();
    expect(counting.most).toEqual([maximum]);
    expect(ledger).toMatchObject([{ sent: 200, acknowledged: 200 }]);
  });

  it('is that of the new connection for what goes out again, and the rest follows in order', async () => {
    const counting = new CountingBroker([40, 3], 40);
    const broker = await ScriptedBroker.open(counting.script);
    const { ledger, counters } = await playLoad(broker.port, {
      ...plan,
      clean: false,
      reconnect: { policy: 'fixed', firstMicros: 20_000, maxMicros: 20_000 },
    });
    broker.close();
    expect(counters['connections.lost']).toBe(1);
    expect(counting.most).toEqual([40, 3]);
    expect(counting.again).toEqual([...Array(40).fill(true), ...Array(160).fill(false)]);
    expect(ledger).toMatchObject([{ sent: 200, acknowledged: 200 }]);
  });

  it.runIf(hasMosquitto)('is obeyed towards mosquitto, which ends the session of who does not', async () => {
    const mosquitto = await Mosquitto.start('max_inflight_messages 4\n');
    const { ledger, errors } = await playLoad(mosquitto.ports.tcp, {
      ...plan,
      clients: 4,
      publish: { ...plan.publish, pace: atRate(4_000), qos: 2, limit: 2_000 },
    });
    await mosquitto.end();
    expect(errors).toEqual([]);
    expect(ledger).toMatchObject([{ sent: 2_000, acknowledged: 2_000 }]);
  });
});
