import type { Socket } from 'node:dgram';
import type { Address } from '../../contract.js';
import { kernelDrops, type UdpCounters, type UdpIo } from './io.js';

/** What all implementations of {@link UdpIo} have in common: the socket, what is counted, and its end. */
export abstract class UdpSocket implements UdpIo {
  readonly address: Address;
  protected received = 0;
  protected sent = 0;
  protected errors = 0;
  protected closed = false;

  constructor(protected readonly socket: Socket) {
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on('error', () => this.errors++);
  }

  abstract slot(): Buffer;
  abstract commit(length: number, to: Address): void;
  abstract flush(): void;

  ref(on: boolean): void {
    if (this.closed) return;
    if (on) this.socket.ref();
    else this.socket.unref();
  }

  counters(): UdpCounters {
    return {
      datagramsReceived: this.received,
      datagramsSent: this.sent,
      sendErrors: this.errors,
      receiveDrops: kernelDrops(this.address),
    };
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.socket.close();
  }
}
