import { AF_INET, addressBytes, type BatchCalls } from './batch-calls.js';

// Linux, 64 bit: struct mmsghdr is a msghdr of 56 bytes and msg_len; iovec has 16 bytes.
const headerBytes = 64;
const ioBytes = 16;
/** Offsets in a header counted in 32-bit words. */
const [pointerWord, countWord, controlWord, controlLengthWord, lengthWord] = [4, 6, 8, 10, 14];
const headerWords = headerBytes / 4;

type Pointers = [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** CMSG_SPACE and CMSG_LEN of a control message with 16 bits in it; the kernel's own (UDP_GRO) has 32, of which the upper half is 0. */
const [controlBytes, controlLength] = [24, 18];
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
/** What the kernel takes as one message: UDP_MAX_SEGMENTS, and what fits behind IPv4's and UDP's headers into 64 KiB. */
const mostSegments = 64;
const mostBytes = 65_507;

/** Messages for recvmmsg(2), with the memory their pointers lead to; IPv4. Where the socket gives trains (UDP_GRO), each has several datagrams. */
export class ReceiveVector {
  private readonly vector: bigint;
  private readonly headers: Uint32Array;
  private readonly vectors: Buffer;
  private readonly addresses: Buffer;
  private readonly controls: Buffer;
  private readonly memory: Buffer;
  /** What each place held last: most datagrams of a place are of one length, and a Buffer costs 0.1 µs. */
  private readonly last: Buffer[][] = [];

  /** @param size messages @param payloadBytes of the largest */
  constructor(
    calls: BatchCalls,
    readonly size: number,
    private readonly payloadBytes: number,
  ) {
    // "Slow": memory of its own outside the heap, which never moves and whose address therefore stays.
    const headers = Buffer.allocUnsafeSlow(size * headerBytes).fill(0);
    this.headers = new Uint32Array(headers.buffer, headers.byteOffset, headers.length / 4);
    this.vectors = Buffer.allocUnsafeSlow(size * ioBytes).fill(0);
    this.addresses = Buffer.allocUnsafeSlow(size * addressBytes).fill(0);
    this.controls = Buffer.allocUnsafeSlow(size * controlBytes).fill(0);
    this.memory = Buffer.allocUnsafeSlow(size * payloadBytes);
    this.vector = calls.addressOf(headers);
    const [vectors, addresses, controls, memory] = (
      [
        [this.vectors, ioBytes],
        [this.addresses, addressBytes],
        [this.controls, controlBytes],
        [this.memory, payloadBytes],
      ] as const
    ).map(([buffer, step]) => pointersInto(calls.addressOf(buffer), size, step)) as Pointers;
    for (let i = 0; i < size; i++) {
      const [own, word] = [2 * i, i * headerWords];
      this.headers.set([...addresses.subarray(own, own + 2), addressBytes], word);
      this.headers.set([...vectors.subarray(own, own + 2), 1], word + pointerWord);
      this.headers.set(controls.subarray(own, own + 2), word + controlWord);
      this.vectors.writeUInt32LE(memory[own] as number, i * ioBytes);
      this.vectors.writeUInt32LE(memory[own + 1] as number, i * ioBytes + 4);
      this.vectors.writeUInt32LE(payloadBytes, i * ioBytes + 8);
      this.last.push([]);
    }
  }

  /** The vector, ready to be filled. */
  next(): bigint {
    // The kernel leaves there how much it has written.
    for (let i = 0; i < this.size; i++) this.headers[i * headerWords + controlLengthWord] = controlBytes;
    return this.vector;
  }

  /** Datagrams of message i. */
  count(i: number): number {
    return Math.ceil(this.bytes(i) / this.segment(i)) || 1;
  }

  /** The k-th datagram of message i. */
  datagram(i: number, k: number): Buffer {
    const at = k * this.segment(i);
    const length = Math.min(this.segment(i), this.bytes(i) - at);
    const places = this.last[i] as Buffer[];
    const start = i * this.payloadBytes + at;
    const last = places[k];
    if (last?.length === length && last.byteOffset === this.memory.byteOffset + start) return last;
    const bytes = this.memory.subarray(start, start + length);
    places[k] = bytes;
    return bytes;
  }

  /** The IPv4 address and port that message i came from as one number: address * 65536 + port. */
  peer(i: number): number {
    const at = i * addressBytes;
    return this.addresses.readUInt32BE(at + 4) * 65_536 + this.addresses.readUInt16BE(at + 2);
  }

  private bytes(i: number): number {
    return this.headers[i * headerWords + lengthWord] as number;
  }

  /** Bytes of each datagram of message i; the last may have fewer. */
  private segment(i: number): number {
    const isTrain = this.headers[i * headerWords + controlLengthWord] !== 0;
    return isTrain ? this.controls.readUInt16LE(i * controlBytes + 16) : this.bytes(i);
  }
}

/**
 * Datagrams for sendmmsg(2); IPv4. Neighbours of one length for one peer, the last of them possibly shorter, are one message that
 * the kernel cuts up at the far end of its way through IP (UDP_SEGMENT, Linux 4.18): 3.9 µs a datagram become 0.9 (docs/quic.md).
 */
export class SendVector {
  /** Where the next datagram is to be written. */
  slot: Buffer;
  /** Messages and datagrams that wait. */
  messages = 0;
  datagrams = 0;
  private readonly payloads: Buffer[] = [];
  private readonly vector: bigint;
  private readonly headers: Uint32Array;
  private readonly vectors: Uint32Array;
  private readonly addresses: Buffer;
  private readonly controls: Buffer;
  /** Addresses of the iovecs, and of the control messages, as two words each. */
  private readonly pointers: Uint32Array;
  private readonly controlPointers: Uint32Array;
  /** Datagrams of each message, and which one is its first. */
  private readonly counts: Uint8Array;
  private readonly firsts: Uint8Array;
  // The newest message: for whom, bytes of its first datagram and of all, and whether more may follow.
  private ip = 0;
  private port = 0;
  private segmentBytes = 0;
  private bytes = 0;
  private isOpen = false;

  /** @param size datagrams, at most 255 @param payloadBytes of the largest */
  constructor(
    calls: BatchCalls,
    readonly size: number,
    payloadBytes: number,
  ) {
    const headers = Buffer.allocUnsafeSlow(size * headerBytes).fill(0);
    const vectors = Buffer.allocUnsafeSlow(size * ioBytes).fill(0);
    const memory = Buffer.allocUnsafeSlow(size * payloadBytes);
    this.addresses = Buffer.allocUnsafeSlow(size * addressBytes).fill(0);
    this.controls = Buffer.allocUnsafeSlow(size * controlBytes).fill(0);
    this.vector = calls.addressOf(headers);
    this.headers = new Uint32Array(headers.buffer, headers.byteOffset, headers.length / 4);
    this.vectors = new Uint32Array(vectors.buffer, vectors.byteOffset, vectors.length / 4);
    this.pointers = pointersInto(calls.addressOf(vectors), size, ioBytes);
    this.controlPointers = pointersInto(calls.addressOf(this.controls), size, controlBytes);
    this.counts = new Uint8Array(size);
    this.firsts = new Uint8Array(size);
    const names = pointersInto(calls.addressOf(this.addresses), size, addressBytes);
    const places = pointersInto(calls.addressOf(memory), size, payloadBytes);
    for (let i = 0; i < size; i++) {
      this.headers.set([...names.subarray(2 * i, 2 * i + 2), addressBytes], i * headerWords);
      this.vectors.set(places.subarray(2 * i, 2 * i + 2), i * 4);
      this.addresses.writeUInt16LE(AF_INET, i * addressBytes);
      this.controls.writeUInt32LE(controlLength, i * controlBytes);
      this.controls.writeInt32LE(SOL_UDP, i * controlBytes + 8);
      this.controls.writeInt32LE(UDP_SEGMENT, i * controlBytes + 12);
      this.payloads.push(memory.subarray(i * payloadBytes, (i + 1) * payloadBytes));
    }
    this.slot = this.payloads[0] as Buffer;
  }

  get isFull(): boolean {
    return this.datagrams === this.size;
  }

  /** Takes what was written into {@link slot}. @param maySegment whether it may be one message with those before it */
  add(length: number, ip: number, port: number, maySegment: boolean): void {
    const i = this.datagrams++;
    this.vectors[i * 4 + 2] = length;
    if (!this.isFull) this.slot = this.payloads[i + 1] as Buffer;
    const isNext = maySegment && this.isOpen && ip === this.ip && port === this.port && length <= this.segmentBytes;
    if (isNext && this.bytes + length <= mostBytes) this.join(length);
    else this.begin(i, length, ip, port);
  }

  private join(length: number): void {
    const m = this.messages - 1;
    const count = (this.counts[m] as number) + 1;
    this.counts[m] = count;
    this.headers[m * headerWords + countWord] = count;
    this.headers[m * headerWords + controlLengthWord] = controlBytes;
    this.bytes += length;
    this.isOpen = length === this.segmentBytes && count < mostSegments;
  }

  private begin(i: number, length: number, ip: number, port: number): void {
    const m = this.messages++;
    const at = m * addressBytes;
    this.addresses.writeUInt16BE(port, at + 2);
    this.addresses.writeUInt32BE(ip, at + 4);
    this.controls.writeUInt16LE(length, m * controlBytes + 16);
    this.counts[m] = 1;
    this.firsts[m] = i;
    const word = m * headerWords;
    this.headers[word + controlWord] = this.controlPointers[2 * m] as number;
    this.headers[word + controlWord + 1] = this.controlPointers[2 * m + 1] as number;
    this.single(m, i);
    this.ip = ip;
    this.port = port;
    this.segmentBytes = length;
    this.bytes = length;
    this.isOpen = true;
  }

  /** Makes message m the datagram i alone. */
  private single(m: number, i: number): void {
    const word = m * headerWords;
    this.headers[word + pointerWord] = this.pointers[2 * i] as number;
    this.headers[word + pointerWord + 1] = this.pointers[2 * i + 1] as number;
    this.headers[word + countWord] = 1;
    this.headers[word + controlLengthWord] = 0;
  }

  /** Datagrams of message m. */
  count(m: number): number {
    return this.counts[m] as number;
  }

  /** Makes message m its own k-th datagram: the kernel has not taken it as a whole. */
  separate(m: number, k: number): void {
    this.single(m, (this.firsts[m] as number) + k);
  }

  /** The vector from message m on. */
  from(m: number): bigint {
    return this.vector + BigInt(m * headerBytes);
  }

  /** Forgets what waited. */
  clear(): void {
    this.messages = 0;
    this.datagrams = 0;
    this.isOpen = false;
    this.slot = this.payloads[0] as Buffer;
  }
}

/** Addresses of the elements of an array, two 32-bit words each, the lower first. */
function pointersInto(start: bigint, size: number, step: number): Uint32Array {
  const pointers = new BigUint64Array(size);
  for (let i = 0; i < size; i++) pointers[i] = start + BigInt(i * step);
  return new Uint32Array(pointers.buffer);
}
