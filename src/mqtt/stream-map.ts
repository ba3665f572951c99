import type { Qos } from './packet-types.js';

/** Policies with a name; the fifth is a number of data streams. */
export const streamMaps = ['control', 'per-topic', 'per-qos', 'pub-sub'] as const;

/**
 * Which stream of a QUIC connection a PUBLISH or SUBSCRIBE goes to. Logical stream 0 is the control stream, 1 and up
 * are data streams, opened when first used. Order holds only within a stream.
 * - `control`: everything on the control stream
 * - `per-topic`: a data stream for every topic or filter, in order of first use, at most {@link mostPerTopic}
 * - `per-qos`: data streams 1, 2 and 3 for QoS 0, 1 and 2
 * - `pub-sub`: SUBSCRIBE (so deliveries too) on data stream 1, PUBLISH on 2
 * - a number: that many data streams; topics are dealt over them in order of first use
 */
export type StreamMap = (typeof streamMaps)[number] | number;

/** EMQX grants 10 streams, the control stream among them; further topics share the data streams. */
export const mostPerTopic = 9;
/** QUIC would allow more; a server that grants so many to everybody can be drained by them. */
export const mostStreams = 1000;

/** @returns undefined for text that is none of the words and no whole number from 1 to {@link mostStreams} */
export function parseStreamMap(text: string): StreamMap | undefined {
  const word = streamMaps.find((name) => name === text);
  if (word !== undefined) return word;
  const streams = Number(text);
  return /^\d+$/.test(text) && streams >= 1 && streams <= mostStreams ? streams : undefined;
}

/** Data streams that a client with this policy opens at most. */
export function dataStreamsOf(map: StreamMap): number {
  if (typeof map === 'number') return map;
  return { control: 0, 'per-topic': mostPerTopic, 'per-qos': 3, 'pub-sub': 2 }[map];
}

/** The policy of one client, with the topics it has seen: the same topic always goes to the same stream. */
export class StreamMapper {
  private readonly known = new Map<string, number>();

  constructor(private readonly map: StreamMap) {}

  ofPublish(topic: string, qos: Qos): number {
    return this.map === 'pub-sub' ? 2 : this.of(topic, qos);
  }

  ofSubscribe(filter: string, qos: Qos): number {
    return this.map === 'pub-sub' ? 1 : this.of(filter, qos);
  }

  private of(topic: string, qos: Qos): number {
    if (this.map === 'control') return 0;
    if (this.map === 'per-qos') return 1 + qos;
    return 1 + this.deal(topic, dataStreamsOf(this.map));
  }

  /** In turn as long as every topic can be remembered, then by hash: a topic per message must not fill the memory. */
  private deal(topic: string, streams: number): number {
    const before = this.known.get(topic);
    if (before !== undefined) return before;
    if (this.known.size >= mostRemembered) return hash(topic) % streams;
    const stream = this.known.size % streams;
    this.known.set(topic, stream);
    return stream;
  }
}

const mostRemembered = 1000;

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
