import { Socket, type SocketConstructorOpts } from 'node:net';

/**
 * Is offered what a read has brought, before the stream has it.
 * @param bytes belong to the next read once this returns
 * @returns how many of them, from the first, it has acted upon; the others go to the stream
 */
export type Take = (bytes: Buffer) => number;

/** As much as Node reads at once; all sockets of the process read into it, one after the other. */
export const shared = Buffer.allocUnsafeSlow(65_536);

/** Of lengths that most reads have: a view of a buffer is an object that costs more than the bytes of a packet. */
const views: Buffer[] = [];
const mostViews = 1024;

/** The first bytes of {@link shared}. */
export function sharedView(length: number): Buffer {
  if (length >= mostViews) return shared.subarray(0, length);
  let view = views[length];
  if (view === undefined) {
    view = shared.subarray(0, length);
    views[length] = view;
  }
  return view;
}

/** What Node keeps the buffer and the callback of its option `onread` under, which it does not offer for accepted sockets. */
interface Keys {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** Undefined in a version of Node that keeps them otherwise. */
const keys = findKeys();

function findKeys(): Keys | undefined {
  const onread = { buffer: shared, callback: () => true };
  const socket = new Socket({ onread } as SocketConstructorOpts); // its types have it for connect() alone
  const own = Object.getOwnPropertySymbols(socket);
  const buffer = own.find(({ description }) => description === 'kBuffer');
  const callback = own.find(({ description }) => description === 'kBufferCb');
  return buffer && callback && { buffer, callback };
}

interface Handle {
  useUserBuffer?(buffer: Buffer): void;
}

/**
 * From now on a socket's reads go into a buffer that all sockets share, and to `take` first. Node otherwise takes 64 KB from the
 * allocator for each read and gives back what was not filled, and wakes the stream's reader in a later step: for packets
 * of a few bytes that was more than the rest of their way.
 * @param take what it leaves, and all that comes without it, is read from the stream as ever
 */
export function readDirectly(socket: Socket, take: Take = () => 0): void {
  const handle = (socket as unknown as { _handle?: Handle | null })._handle;
  if (keys === undefined || handle?.useUserBuffer === undefined) return;
  const callback = (length: number): boolean => {
    const bytes = sharedView(length);
    const taken = take(bytes);
    return taken === length || socket.push(Buffer.from(taken === 0 ? bytes : bytes.subarray(taken)));
  };
  const isNew = (socket as unknown as Record<symbol, unknown>)[keys.buffer] === null;
  Object.assign(socket, { [keys.buffer]: shared, [keys.callback]: callback });
  if (isNew) handle.useUserBuffer(shared);
}
