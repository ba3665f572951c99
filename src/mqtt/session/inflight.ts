/** What an outgoing message still waits for. */
export const waitingFor = { nothing: 0, puback: 4, pubrec: 5, pubcomp: 7 } as const;

const largestId = 0xffff;

/**
 * The unacknowledged publishes of one client. A packet id is `slot + 1 + window × round`: the slot is found without a
 * map, and an id comes back only after all rounds, so a stray old acknowledgement does not hit a new message.
 */
export class Inflight {
  readonly ids: Uint16Array;
  readonly state: Uint8Array;
  readonly sequence: Uint32Array;
  /** Which of the client's topics. */
  readonly flow: Uint16Array;
  readonly due: Float64Array;
  readonly written: Float64Array;
  /** Logical stream it went out on; undefined where there is only one. */
  readonly stream: Uint16Array | undefined;
  private readonly free: Uint16Array;
  private readonly rounds: number;
  /** Ids have begun to come back. */
  private came = false;
  private freeCount: number;

  /** @param window 1 … 65,535 @param streams whether publishes go out on several streams */
  constructor(
    readonly window: number,
    streams = false,
  ) {
    this.ids = new Uint16Array(window);
    this.state = new Uint8Array(window);
    this.sequence = new Uint32Array(window);
    this.flow = new Uint16Array(window);
    this.due = new Float64Array(window);
    this.written = new Float64Array(window);
    this.stream = streams ? new Uint16Array(window) : undefined;
    this.free = new Uint16Array(window);
    this.rounds = Math.floor(largestId / window);
    this.freeCount = window;
    for (let slot = 0; slot < window; slot++) {
      this.free[slot] = window - 1 - slot;
      this.ids[slot] = slot + 1;
    }
  }

  get used(): number {
    return this.window - this.freeCount;
  }

  get full(): boolean {
    return this.freeCount === 0;
  }

  /** @returns a slot whose `ids` entry is the packet id to use; the caller fills in the rest */
  take(): number {
    this.freeCount--;
    return this.free[this.freeCount] as number;
  }

  /** @returns the slot that waits under this packet id, or -1 */
  find(packetId: number): number {
    const slot = (packetId - 1) % this.window;
    return packetId > 0 && this.ids[slot] === packetId && this.state[slot] !== waitingFor.nothing ? slot : -1;
  }

  /** Whether a publish that waits no more had this packet id, as far as that can be told once ids come back. */
  wasUsed(packetId: number): boolean {
    if (packetId === 0 || packetId > this.window * this.rounds) return false;
    return this.came || packetId < (this.ids[(packetId - 1) % this.window] as number);
  }

  release(slot: number): void {
    this.state[slot] = waitingFor.nothing;
    const next = (this.ids[slot] as number) + this.window;
    const isLast = next > this.window * this.rounds;
    this.ids[slot] = isLast ? slot + 1 : next;
    this.came ||= isLast;
    this.free[this.freeCount++] = slot;
  }

  /** When the oldest one that waits was written; 0 without one. */
  get oldest(): number {
    let oldest = 0;
    if (this.used === 0) return oldest;
    for (let slot = 0; slot < this.window; slot++) {
      const at = this.written[slot] as number;
      if (this.state[slot] !== waitingFor.nothing && at > 0 && (oldest === 0 || at < oldest)) oldest = at;
    }
    return oldest;
  }

  /** Tells when each message that waits was due and last written. */
  forEach(see: (due: number, written: number) => void): void {
    for (let slot = 0; slot < this.window && this.used > 0; slot++) {
      if (this.state[slot] !== waitingFor.nothing) see(this.due[slot] as number, this.written[slot] as number);
    }
  }

  /** Slots in use, oldest message first, as they must be sent again (MQTT 5.0, 4.6). */
  pending(wanted: (slot: number) => boolean = () => true): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.window && this.used > 0; slot++)
      if (this.state[slot] !== waitingFor.nothing && wanted(slot)) slots.push(slot);
    return slots.sort((a, b) => (this.written[a] as number) - (this.written[b] as number));
  }
}
