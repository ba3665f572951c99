import { MqbenchError } from '../../../base/errors.js';
import type { Quiche } from '../native.js';

/** Datagrams that wait to be read or sent, each way; more are dropped, as RFC 9221 allows. */
export const datagramQueue = 1024;

/** The datagrams (RFC 9221) of one connection. */
export class Datagrams {
  /** Queued for sending, dropped at a full queue, and handed over. */
  sent = 0;
  dropped = 0;
  received = 0;
  private reader: ((bytes: Buffer) => void) | undefined;

  constructor(
    private readonly quiche: Quiche,
    private readonly wake: () => void,
  ) {}

  /** Largest payload that fits, bytes; undefined when the peer takes none. */
  get most(): number | undefined {
    return this.quiche.dgramMaxWritableLen() ?? undefined;
  }

  /**
   * Sends one. @returns false when the queue was full and it was dropped
   * @throws MqbenchError MQB_QUIC_DATAGRAM when the peer takes none, or none that long
   */
  send(bytes: Uint8Array): boolean {
    const { most } = this;
    if (most === undefined) {
      throw refused(
        ': the peer has not announced that it takes any',
        'switch datagrams on at both ends (setting `datagrams`), or publish on a stream',
      );
    }
    if (bytes.length > most) {
      throw refused(
        ` of ${bytes.length} bytes: at most ${most} fit`,
        'publish it on a stream, or make the message smaller: datagrams are never split (RFC 9221 5)',
      );
    }
    const queued = this.quiche.dgramSend(bytes) !== null;
    if (queued) this.sent++;
    else this.dropped++;
    this.wake();
    return queued;
  }

  /** Receives them, those that came before included (up to 1024). */
  onMessage(reader: (bytes: Buffer) => void): void {
    this.reader = reader;
    this.wake();
  }

  /** Hands over what has arrived. */
  read(): void {
    if (!this.reader) return;
    for (let bytes = this.quiche.dgramRecvVec(); bytes !== null; bytes = this.quiche.dgramRecvVec()) {
      this.received++;
      this.reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    }
  }
}

function refused(why: string, hint: string): MqbenchError {
  return new MqbenchError('MQB_QUIC_DATAGRAM', `send a QUIC datagram${why}`, { hint });
}
