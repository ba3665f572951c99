import { packetTypes } from '../../mqtt/codec/packet-types.js';

const { publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, pingreq } = packetTypes;

/** Follows MQTT packets through bytes that may be cut anywhere; nothing is kept but where in a packet we are. */
class Position {
  /** Bytes of the packet's body still to come. */
  private body = 0;
  /** Length bytes read so far; -1 between packets. */
  private lengthBytes = -1;
  private length = 0;

  /** Whether the next byte starts a packet. */
  get isBetween(): boolean {
    return this.body === 0 && this.lengthBytes < 0;
  }

  /** @returns where the next step begins */
  step(chunk: Buffer, at: number): number {
    if (this.body > 0) {
      const bytes = Math.min(this.body, chunk.length - at);
      this.body -= bytes;
      return at + bytes;
    }
    if (this.lengthBytes < 0) {
      this.lengthBytes = 0;
      this.length = 0;
    } else {
      this.readLength(chunk[at] as number);
    }
    return at + 1;
  }

  /** Remaining Length, MQTT 3.1.1 section 2.2.3: seven bits a byte, lowest first; a fifth byte is left to the parser to refuse. */
  private readLength(byte: number): void {
    this.length += (byte & 0x7f) * 128 ** this.lengthBytes;
    this.lengthBytes++;
    if ((byte & 0x80) !== 0 && this.lengthBytes < 4) return;
    this.body = this.length;
    this.lengthBytes = -1;
  }
}

/** How many of the packets that came on a stream have not been answered there yet. */
export class Answers {
  owed = 0;
  private readonly written = new Position();

  /** A whole packet has come. @param first its first byte */
  asked(first: number): void {
    const type = first >> 4;
    const more = type === pubrel || type === subscribe || type === unsubscribe;
    if (more || (type === publish && (first & 0x06) !== 0)) this.owed++;
  }

  /** The broker has written. */
  wrote(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.written.isBetween && isAnswer((chunk[at] as number) >> 4)) this.owed--;
      at = this.written.step(chunk, at);
    }
  }
}

function isAnswer(type: number): boolean {
  return type === puback || type === pubrec || type === pubcomp || type === suback || type === unsuback;
}

/**
 * Lets the bytes of PUBLISH to UNSUBACK through (EIP 0023: what a data stream may carry), swallows PINGREQ, which only tells that
 * somebody lives, and refuses everything else.
 */
export class DataPacketFilter {
  private dropping = false;
  private readonly position = new Position();
  private first = 0;

  /** @param whole called with the first byte of every packet that has come to its end */
  constructor(private readonly whole: (first: number) => void = () => {}) {}

  /** @returns the bytes that may pass. @throws for a packet that only the control stream may carry */
  pass(chunk: Buffer): Buffer[] {
    const { position } = this;
    const passed: Buffer[] = [];
    let from = this.dropping ? chunk.length : 0;
    let at = 0;
    while (at < chunk.length) {
      if (position.isBetween) {
        this.first = chunk[at] as number;
        const type = this.first >> 4;
        if ((type < publish || type > unsuback) && type !== pingreq)
          throw new Error(`MQTT packet type ${type} on a data stream`);
        const drop = type === pingreq;
        if (drop && !this.dropping) passed.push(chunk.subarray(from, at));
        if (!drop) from = this.dropping ? at : from;
        this.dropping = drop;
      }
      at = position.step(chunk, at);
      if (position.isBetween) this.whole(this.first);
    }
    if (!this.dropping) passed.push(chunk.subarray(from));
    return passed.filter((bytes) => bytes.length > 0);
  }
}
