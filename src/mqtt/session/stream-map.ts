import { dataStreamsOf, type StreamMap } from '../../transport/stream-map.js';
import type { Qos } from '../codec/packet-types.js';

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
