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

/** Priorities of data streams go from 0 to this; higher is more important. */
export const streamPriorityMost = 65_535;

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

/** What a plan says of it; undefined: nothing, everything goes over the control stream. */
export function streamWords({ streams = 'control' }: { readonly streams?: StreamMap }): string | undefined {
  if (streams === 'control') return undefined;
  return typeof streams === 'number' ? `${streams} data streams` : `streams ${streams}`;
}

/** Streams that a server grants to such clients: all that one can have open, and as many again while those that ended are acknowledged. */
export const streamsToGrant = ({ streams }: { readonly streams: StreamMap }): number =>
  2 * (1 + dataStreamsOf(streams));
