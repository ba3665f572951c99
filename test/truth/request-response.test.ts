import type { IPublishPacket, Packet } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { Histogram } from '../../src/metrics/histogram.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { atRate, closedLoop, filler } from '../helpers/plans.js';
import { playLoad } from '../helpers/play-load.js';
import { type Peer, ScriptedBroker } from '../helpers/scripted-broker.js';

const asking: Partial<LoadPlan> = {
  clients: 5,
  mqttVersion: 5,
  publish: {
    topic: 'truth/ask/%i',
    qos: 1,
    payload: filler(64),
    pace: atRate(200),
    inflight: 50,
    limit: 200,
    request: true,
    properties: { responseTopic: 'truth/answer/%c' },
  },
};

/** Answers each request so often, so late, itself; what it says to the rest of MQTT is the scripted broker's. */
function answering(times: (number: number) => number, millis: number) {
  let number = 0;
  const requests: IPublishPacket[] = [];
  /** How long it really kept each response: a busy machine is late. */
  const kept = new Histogram();
  const script = (packet: Packet, peer: Peer): boolean => {
    if (packet.cmd !== 'publish') return false;
    requests.push(packet);
    const { responseTopic = '', correlationData } = packet.properties ?? {};
    const payload = Buffer.from('answer');
    const response = { cmd: 'publish', topic: responseTopic, payload, qos: 0, dup: false, retain: false } as const;
    const read = nowMicros();
    for (let i = times(number++); i > 0; i--) {
      setTimeout(() => {
        peer.write({ ...response, properties: { correlationData } } as Packet);
        kept.record(nowMicros() - read);
      }, millis);
    }
    peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
    return true;
  };
  return { script, requests, kept };
}

describe('requests', () => {
  it('read 50 ms where the responder takes 50 ms, each one, by correlation data', async () => {
    const { script, requests, kept } = answering(() => 1, 50);
    const broker = await ScriptedBroker.open(script);
    const { metrics, counters, ledger, doubts } = await playLoad(broker.port, asking, { workers: 2 });
    broker.close();
    const rtt = metrics.distributions['request.rtt'];
    expect(rtt?.count).toBe(200);
    expect(rtt?.min).toBeGreaterThanOrEqual(49_000); // Node's timers may be a millisecond early
    // The same server answers with PUBACK at once, over the same connection: that is all but the 50 ms.
    const ack = metrics.distributions['publish.ack'];
    expect(ack?.min).toBeLessThan(49_000);
    expect(rtt?.p50).toBeLessThan((ack?.p95 as number) + kept.percentile(95) + 5_000);
    expect(counters).toMatchObject({ 'requests.answered': 200, 'requests.answeredAgain': 0 });
    expect(metrics.values['requests.unanswered']).toBe(0);
    expect(ledger).toMatchObject([{ sent: 200, acknowledged: 200 }]);
    expect(doubts.map(({ code }) => code)).not.toContain('not-drained');
    const asked = requests.map(({ properties }) => properties);
    expect(new Set(asked.map((one) => one?.correlationData?.toString('hex'))).size).toBe(200);
    expect(new Set(asked.map((one) => one?.responseTopic)).size).toBe(5);
  });

  it('that are not answered are counted, and make percentiles lower bounds; further answers are counted apart', async () => {
    const { script } = answering((number) => (number % 4 === 0 ? 0 : number % 4 === 1 ? 2 : 1), 5);
    const broker = await ScriptedBroker.open(script);
    const { metrics, counters, doubts } = await playLoad(broker.port, asking, { drainMillis: 500 });
    broker.close();
    expect(counters).toMatchObject({ 'requests.answered': 150, 'requests.answeredAgain': 50 });
    expect(metrics.values['requests.unanswered']).toBe(50);
    const rtt = metrics.distributions['request.rtt'];
    expect(rtt?.count).toBe(200); // with those that have an age and no answer
    expect(rtt?.atLeast).toContain('p99');
    expect(rtt?.p90).toBeGreaterThan(400_000);
    expect(doubts.filter(({ metric }) => metric === 'request.rtt').map(({ code }) => code)).toContain('not-drained');
  });

  it('of others with the same response topic are not mistaken for its own', async () => {
    const broker = await ScriptedBroker.open((packet, peer) => {
      if (packet.cmd !== 'publish') return false;
      const response = { cmd: 'publish', topic: 'x', payload: 'y', qos: 0, dup: false, retain: false } as const;
      const strange = [undefined, Buffer.alloc(20), Buffer.from('another')];
      for (const correlationData of strange)
        peer.write({ ...response, properties: correlationData && { correlationData } } as Packet);
      peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
      return true;
    });
    const { counters, metrics } = await playLoad(broker.port, asking, { drainMillis: 300 });
    broker.close();
    expect(counters).toMatchObject({ 'requests.answered': 0, 'messages.foreign': 600 });
    expect(metrics.values['requests.unanswered']).toBe(200);
  });

  it('are measured in a closed loop as well, from when they were written', async () => {
    const { script } = answering(() => 1, 20);
    const broker = await ScriptedBroker.open(script);
    const publish = { ...asking.publish, pace: closedLoop, inflight: 5 } as LoadPlan['publish'];
    const { metrics } = await playLoad(broker.port, { ...asking, publish });
    broker.close();
    expect(metrics.distributions['request.rtt']?.count).toBe(200);
    expect(metrics.distributions['request.rtt']?.min).toBeGreaterThanOrEqual(19_000);
  });
});

describe('clients that answer', () => {
  const stops: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function portOf(broker: 'included' | 'mosquitto'): Promise<number> {
    if (broker === 'mosquitto') {
      const mosquitto = await Mosquitto.start();
      stops.push(() => mosquitto.end());
      return mosquitto.ports.tcp;
    }
    const included: BrokerHandle = await startBroker({ listeners: { tcp: { port: 0 } } });
    stops.push(() => included.close());
    return included.ready.addresses.tcp?.port as number;
  }

  /** Several that share the requests, or one where the broker has no shared subscriptions. */
  const all = (qos: 0 | 1 | 2, isShared = false): Partial<LoadPlan> => ({
    ...asking,
    clients: isShared ? 8 : 6,
    publishers: 5,
    subscribe: { topic: `${isShared ? '$share/answerers/' : ''}truth/ask/#`, qos, respond: { bytes: 32 } },
    publish: { ...asking.publish, qos } as LoadPlan['publish'],
  });

  it.each(
    (['included', ...(hasMosquitto ? (['mosquitto'] as const) : [])] as const).flatMap((broker) =>
      ([0, 1, 2] as const).map((qos) => ({ broker, qos })),
    ),
  )('answer every request once: $broker, QoS $qos', async ({ broker, qos }) => {
    const { metrics, counters, errors } = await playLoad(await portOf(broker), all(qos, broker === 'mosquitto'), {
      workers: 2,
    });
    expect(errors).toEqual([]);
    expect(counters).toMatchObject({ 'requests.answered': 200, 'requests.answeredAgain': 0, 'responses.sent': 200 });
    expect(metrics.values['requests.unanswered']).toBe(0);
    expect(metrics.distributions['request.rtt']?.count).toBe(200);
    expect(metrics.distributions['delivery.e2e']?.count).toBe(200); // the requests, on their way to who answers
    const [rtt, e2e] = [metrics.distributions['request.rtt'], metrics.distributions['delivery.e2e']];
    expect(rtt?.p50).toBeGreaterThan(e2e?.p50 as number);
  });

  it('count what has no response topic, and answer nothing', async () => {
    const plain = { ...asking.publish, request: undefined, properties: undefined } as LoadPlan['publish'];
    const { counters } = await playLoad(await portOf('included'), { ...all(1), publish: plain });
    expect(counters).toMatchObject({ 'responses.sent': 0, 'requests.withoutTopic': 200 });
  });
});
