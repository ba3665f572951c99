import { describe, expect, it } from 'vitest';
import { StreamMapper } from '../../../../src/mqtt/session/stream-map.js';
import { dataStreamsOf, mostPerTopic, parseStreamMap } from '../../../../src/transport/stream-map.js';

const topics = Array.from({ length: 20 }, (_, i) => `t/${i}`);

describe('which stream a packet goes to', () => {
  it('control: always the control stream', () => {
    const mapper = new StreamMapper('control');
    expect([mapper.ofPublish('a', 2), mapper.ofSubscribe('b', 0)]).toEqual([0, 0]);
  });

  it('per-topic: one data stream each, the same for the same topic; beyond the limit they share, evenly', () => {
    const mapper = new StreamMapper('per-topic');
    const streams = topics.map((topic) => mapper.ofSubscribe(topic, 1));
    expect(streams.slice(0, mostPerTopic)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(streams.slice(mostPerTopic, mostPerTopic + 2)).toEqual([1, 2]);
    expect(topics.map((topic) => mapper.ofPublish(topic, 0))).toEqual(streams);
  });

  it('per-qos: the QoS decides, not the topic', () => {
    const mapper = new StreamMapper('per-qos');
    expect(([0, 1, 2] as const).map((qos) => mapper.ofPublish('a', qos))).toEqual([1, 2, 3]);
    expect(mapper.ofSubscribe('b', 1)).toBe(2);
  });

  it('pub-sub: SUBSCRIBE (and deliveries) here, PUBLISH there', () => {
    const mapper = new StreamMapper('pub-sub');
    expect([mapper.ofSubscribe('a', 1), mapper.ofPublish('a', 1)]).toEqual([1, 2]);
  });

  it('a number: topics are dealt over that many data streams', () => {
    const mapper = new StreamMapper(3);
    expect(topics.slice(0, 7).map((topic) => mapper.ofPublish(topic, 1))).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('a topic per message uses no more streams, each topic always the same one', () => {
    const mapper = new StreamMapper(4);
    const streams = Array.from({ length: 5000 }, (_, i) => mapper.ofPublish(`m/${i}`, 1));
    expect(new Set(streams)).toEqual(new Set([1, 2, 3, 4]));
    expect(mapper.ofPublish('m/4321', 1)).toBe(streams[4321]);
    for (const stream of [1, 2, 3, 4]) {
      expect(streams.filter((used) => used === stream).length).toBeGreaterThan(1000);
    }
  });

  it.each([
    ['control', 'control', 0],
    ['per-topic', 'per-topic', 9],
    ['per-qos', 'per-qos', 3],
    ['pub-sub', 'pub-sub', 2],
    ['1', 1, 1],
    ['1000', 1000, 1000],
  ] as const)('%s is read', (text, map, streams) => {
    expect(parseStreamMap(text)).toBe(map);
    expect(dataStreamsOf(map)).toBe(streams);
  });

  it.each(['', '0', '-1', '1.5', '1001', 'single', 'per topic', '1e2'])('"%s" is none', (text) => {
    expect(parseStreamMap(text)).toBeUndefined();
  });
});
