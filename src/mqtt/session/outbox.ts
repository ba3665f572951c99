const slabBytes = 256 * 1024;

/** What can write past a stream: as `writeDirectly` of a connection. */
export interface DirectWriter {
  /**
   * Writes the first bytes of a buffer, which is the caller's again when it returns.
   * @returns false when nothing of them could be written
   */
  writeDirectly?(bytes: Buffer, length: number): boolean;
}

/**
 * Where packets are written before they go to a stream: one slab per process, cut into one buffer per batch. Batches
 * are built and taken synchronously, so one outbox serves all clients. A slab is not used again, the stream may still
 * be reading from it; the garbage collector takes it whole.
 */
export class Outbox {
  buffer = Buffer.allocUnsafeSlow(slabBytes);
  private start = 0;
  /** Offset where the next packet goes. */
  at = 0;

  /** Makes room for `bytes` at {@link at}; what the batch holds so far moves along. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const held = this.at - this.start;
    const larger = Buffer.allocUnsafeSlow(Math.max(slabBytes, (held + bytes) * 2));
    larger.set(this.buffer.subarray(this.start, this.at));
    this.buffer = larger;
    this.start = 0;
    this.at = held;
  }

  get length(): number {
    return this.at - this.start;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A packet of four bytes that carries a packet id: PUBACK, PUBREC, PUBREL, PUBCOMP without reason code. */
  appendAck(header: number, packetId: number): void {
    this.reserve(4);
    this.buffer[this.at] = header;
    this.buffer[this.at + 1] = 2;
    this.buffer[this.at + 2] = packetId >>> 8;
    this.buffer[this.at + 3] = packetId & 255;
    this.at += 4;
  }

  /** Ends the batch, if it can be written at once; then its room is used again. */
  leave(writer: DirectWriter): boolean {
    const { buffer, start, at } = this;
    const bytes = start === 0 ? buffer : buffer.subarray(start, at);
    if (writer.writeDirectly?.(bytes, at - start) !== true) return false;
    this.at = start;
    return true;
  }

  /** Ends the batch. */
  take(): Buffer {
    const batch = this.buffer.subarray(this.start, this.at);
    this.start = this.at;
    return batch;
  }
}
