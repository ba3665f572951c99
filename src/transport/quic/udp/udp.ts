import { type BindOptions, createSocket, Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import type { Address } from '../../contract.js';
import { listenError } from '../../dial-errors.js';
import { openPoll, type Watch } from '../../kernel/poll.js';
import { BatchIo } from './batch.js';
import { type BatchCalls, batchCalls } from './batch-calls.js';
import { type PacketHandler, type UdpIo, type UdpOptions, UdpSocket, type Wire } from './io.js';
import { ipNumber } from './segmentation.js';

/** More than any UDP payload we send: the largest allowed by a 9,000-byte jumbo frame, or loopback's 16 KB. */
const slotBytes = 16_384;

/** Below this the system's default is no worse, bytes. */
const leastBuffer = 64 * 1024;

/** The portable implementation: Node's dgram, one system call per datagram. */
class DgramIo extends UdpSocket {
  private buffer = Buffer.allocUnsafeSlow(slotBytes);

  constructor(
    protected override readonly socket: Socket,
    onPacket: PacketHandler,
  ) {
    super(socket);
    socket.on('message', (packet, from) => {
      this.received++;
      onPacket(packet, { host: from.address, port: from.port });
    });
  }

  slot(): Buffer {
    return this.buffer;
  }

  commit(length: number, to: Address): void {
    if (this.closed) return;
    this.sent++;
    try {
      this.socket.send(this.buffer, 0, length, to.port, to.host, this.onSent);
    } catch {
      this.errors++;
    }
    // Not sent at once: libuv still reads this buffer, so the next packet needs another.
    if (this.socket.getSendQueueCount() > 0) this.buffer = Buffer.allocUnsafeSlow(slotBytes);
  }

  flush(): void {}

  private readonly onSent = (error: Error | null): void => {
    if (error) this.errors++;
  };
}

/** Opens the fastest implementation this machine has. @throws MqbenchError MQB_PORT_IN_USE, MQB_LISTEN */
export async function openUdp(options: UdpOptions): Promise<UdpIo> {
  const calls = options.io === 'dgram' || !isIPv4(options.host) ? null : batchCalls();
  if (!calls)
    return new DgramIo(await openSocket(options, { address: options.host, port: options.port }), options.onPacket);
  // The calls need the descriptor, which dgram tells nobody: so it is opened here and given to dgram.
  const fd = calls.open(ipNumber(options.host), options.port);
  if (fd < 0) throw listenError('quic', options.host, options.port, systemError(-fd));
  const poll = openPoll();
  const socket = poll ? new PolledSocket(fd, calls, options.host) : await openSocket(options, { fd });
  calls.setBuffers(fd, options.bufferBytes);
  // Beyond net.core.rmem_max and wmem_max, where we may (CAP_NET_ADMIN); else what we have got stays.
  calls.forceBuffers(fd, options.bufferBytes);
  // dgram would take a train for one datagram.
  const hasTrains = options.takesTrains === true && socket instanceof PolledSocket && calls.takeTrains(fd);
  const io = new BatchIo(socket, fd, calls, options, hasTrains);
  if (poll && socket instanceof PolledSocket) socket.watchedBy(poll.watch(fd, io.drain));
  else if (socket instanceof Socket) socket.on('message', io.first);
  return io;
}

/** A socket of ours, which nobody reads but us. */
class PolledSocket implements Wire {
  private watch: Watch | undefined;

  constructor(
    private readonly fd: number,
    private readonly calls: BatchCalls,
    private readonly host: string,
  ) {}

  watchedBy(watch: Watch): void {
    this.watch = watch;
  }

  address(): { address: string; port: number } {
    return { address: this.host, port: this.calls.portOf(this.fd) };
  }

  /** It has none that nobody sees: what a call refuses is counted there. */
  on(): void {}

  getRecvBufferSize(): number {
    return this.calls.receiveBuffer(this.fd);
  }

  ref(): void {
    this.watch?.ref(true);
  }

  unref(): void {
    this.watch?.ref(false);
  }

  close(): void {
    this.watch?.stop();
    this.calls.close(this.fd);
  }
}

function systemError(errno: number): NodeJS.ErrnoException {
  const [code, message] = getSystemErrorMap().get(-errno) ?? ['UNKNOWN', `error ${errno}`];
  return Object.assign(new Error(message), { code });
}

function openSocket(options: UdpOptions, where: BindOptions): Promise<Socket> {
  const six = isIPv6(options.host);
  const socket = createSocket({
    type: six ? 'udp6' : 'udp4',
    // Peers are always addresses. A synchronous answer makes send() synchronous, so that one buffer serves all.
    lookup: (name, _options, done) => done(null, name, six ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(listenError('quic', options.host, options.port, error)));
    socket.bind(where, () => {
      socket.removeAllListeners('error');
      for (const size of ['setRecvBufferSize', 'setSendBufferSize'] as const)
        enlarge(socket, size, options.bufferBytes);
      resolve(socket);
    });
  });
}

/** Linux clamps what is too much, other systems refuse it: then half as much is asked for. Drops are counted either way. */
function enlarge(socket: Socket, size: 'setRecvBufferSize' | 'setSendBufferSize', most: number): void {
  for (let bytes = most; bytes >= leastBuffer; bytes = Math.floor(bytes / 2)) {
    try {
      socket[size](bytes);
      return;
    } catch {
      // the next one is smaller
    }
  }
}
