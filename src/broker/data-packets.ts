/** MQTT packet types by number, MQTT 3.1.1 table 2.1. */
const PUBLISH = 3;
const UNSUBACK = 11;
const PINGREQ = 12;

/** A packet that only the control stream may carry; the data stream that brought it ends. */
export class ForbiddenPacket extends Error {
  constructor(type: number) {
    super(`MQTT packet type ${type} on a data stream`);
    this.name = 'ForbiddenPacket';
  }
}

/**
 * Lets the bytes of PUBLISH to UNSUBACK through (EIP 0023: what a data stream
 * may carry), swallows PINGREQ, which only tells that somebody lives, and
 * refuses everything else. Packets may be cut anywhere; nothing is kept but
 * where in a packet we are.
 */
export class DataPacketFilter {
  private dropping = false;
  /** Bytes of the packet's body still to come. */
  private body = 0;
  /** Length bytes read so far; -1 between packets. */
  private lengthBytes = -1;
  private length = 0;

  /** @returns the bytes that may pass. @throws ForbiddenPacket */
  pass(chunk: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    let from = this.dropping ? chunk.length : 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.body > 0) {
        const step = Math.min(this.body, chunk.length - at);
        this.body -= step;
        at += step;
      } else if (this.lengthBytes < 0) {
        const type = (chunk[at] as number) >> 4;
        if ((type < PUBLISH || type > UNSUBACK) && type !== PINGREQ) throw new ForbiddenPacket(type);
        const drop = type === PINGREQ;
        if (drop && !this.dropping) passed.push(chunk.subarray(from, at));
        if (!drop) from = this.dropping ? at : from;
        this.dropping = drop;
        this.lengthBytes = 0;
        this.length = 0;
        at++;
      } else {
        this.readLength(chunk[at++] as number);
      }
    }
    if (!this.dropping) passed.push(chunk.subarray(from));
    return passed.filter((bytes) => bytes.length > 0);
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
