import { MqbenchError } from '../../base/errors.js';
import { formatSize } from '../../base/units.js';
import { packetTypes } from './packet-types.js';

/** Gets each control packet as offsets into the buffer it arrived in; nothing is copied. */
export interface FrameSink {
  /**
   * @param header the packet's first byte: type and flags
   * @param start offset of that byte; @param body offset after the fixed header; @param end offset after the packet
   */
  onFrame(header: number, buffer: Buffer, start: number, body: number, end: number): void;
  /** Largest PUBLISH that may come, in bytes with its fixed header. Default: the largest that MQTT has. */
  readonly mostBytes?: number | undefined;
}

/** MQTT 5.0, 1.5.5: 268,435,455 bytes after a fixed header of 5. */
const largestPacket = 268_435_460;
/** All packets but PUBLISH hold a few words, in MQTT 5 with properties. */
const largestControlPacket = 1_048_576;

/**
 * Cuts a byte stream into MQTT control packets (MQTT 5.0, 2.1). A packet that
 * lies in one chunk is handed over in place; one that spans chunks is joined once.
 */
export class FrameReader {
  private parts: Buffer[] | undefined;
  private held = 0;
  /** Length of the packet whose beginning is held; 0 while even that is unknown. */
  private needed = 0;
  /** How often a packet was begun in one chunk and went on in another. */
  holds = 0;

  constructor(private readonly sink: FrameSink) {}

  /** Of the packet that is begun and not complete: its length and what came of it, in bytes; undefined without one. */
  get unfinished(): { readonly announced: number; readonly came: number } | undefined {
    return this.parts === undefined ? undefined : { announced: this.needed, came: this.held };
  }

  /**
   * @param chunk may be overwritten once this returns
   * @throws MQB_PROTOCOL for a remaining length of more than four bytes, and for a packet larger than may come
   */
  feed(chunk: Buffer): void {
    let buffer = chunk;
    if (this.parts !== undefined) {
      this.held += chunk.length;
      if (this.held < this.needed) {
        this.parts.push(Buffer.from(chunk));
        return;
      }
      buffer = Buffer.concat([...this.parts, chunk], this.held);
      this.parts = undefined;
    }
    let at = 0;
    while (at < buffer.length) {
      const end = packetEnd(buffer, at);
      if (end === 0 || end > buffer.length) {
        this.hold(at === 0 ? buffer : buffer.subarray(at), end === 0 ? 0 : end - at);
        return;
      }
      this.sink.onFrame(buffer[at] as number, buffer, at, bodyStart(buffer, at), end);
      at = end;
    }
  }

  /** Forgets what is held: the connection is gone. */
  reset(): void {
    this.parts = undefined;
    this.held = 0;
    this.needed = 0;
  }

  private hold(rest: Buffer, needed: number): void {
    const isPublish = (rest[0] as number) >>> 4 === packetTypes.publish;
    const most = isPublish ? (this.sink.mostBytes ?? largestPacket) : largestControlPacket;
    if (needed > most) {
      throw new MqbenchError(
        'MQB_PACKET_SIZE',
        `the peer announced a packet of ${formatSize(needed)}, and ${formatSize(most)} is the most that may come here`,
      );
    }
    this.holds++;
    // A copy: what was read may be overwritten by the next read, or be 64 KB that a few bytes would keep alive.
    this.parts = [Buffer.from(rest)];
    this.held = rest.length;
    this.needed = needed;
  }
}

/** @returns offset after the packet that starts at `at`, 0 while its length is not known */
export function packetEnd(buffer: Buffer, at: number): number {
  let length = 0;
  let factor = 1;
  for (let i = at + 1; i < at + 5; i++) {
    if (i >= buffer.length) return 0;
    const byte = buffer[i] as number;
    length += (byte & 127) * factor;
    if (byte < 128) return i + 1 + length;
    factor *= 128;
  }
  throw new MqbenchError('MQB_PROTOCOL', 'the peer sent a remaining length of more than four bytes; this is not MQTT');
}

/** @returns offset after the fixed header of the packet that starts at `at`; its length bytes are all there */
export function bodyStart(buffer: Buffer, at: number): number {
  return afterVariable(buffer, at + 1);
}

/** @returns offset after the variable byte integer at `at` (MQTT 5.0, 1.5.5); beyond the buffer when it has no end */
export function afterVariable(buffer: Uint8Array, at: number): number {
  let i = at;
  while ((buffer[i] as number) >= 128) i++;
  return i + 1;
}
