import type { Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { realTime, TimerWheel, WheelItem } from '../../src/transport/quic/endpoint/scheduler.js';
import { type BatchCalls, batchCalls } from '../../src/transport/quic/udp/batch-calls.js';
import type { PacketHandler, UdpIo, UdpOptions } from '../../src/transport/quic/udp/io.js';
import { openUdp } from '../../src/transport/quic/udp/udp.js';
import type { SendVector } from '../../src/transport/quic/udp/vectors.js';
import { until } from './wire.js';

const EIO = 5;
const opened: UdpIo[] = [];
afterEach(() => {
  for (const io of opened.splice(0)) io.close();
});

async function open(
  io: UdpOptions['io'],
  onPacket: PacketHandler = () => {},
  more: Partial<UdpOptions> = {},
): Promise<UdpIo> {
  const backlog = { sockets: 0 };
  const takesTrains = io === 'auto';
  const options = {
    host: '127.0.0.1',
    port: 0,
    onPacket,
    bufferBytes: 1 << 20,
    maxPayload: 2048,
    io,
    backlog,
    takesTrains,
  };
  const socket = await openUdp({ ...options, ...more });
  opened.push(socket);
  return socket;
}

function send(from: UdpIo, to: UdpIo, count: number): void {
  for (let i = 0; i < count; i++) {
    from.slot().writeUInt32BE(i);
    from.commit(100, to.address);
  }
  from.flush();
}

/** The event loop does nothing else for so long, as in a garbage collection. */
function stall(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

class Deadline extends WheelItem {
  constructor(private readonly reached: () => void) {
    super();
  }

  fire(): void {
    this.reached();
  }
}

describe.each(['auto', 'batch', 'dgram'] as const)('a UDP socket (%s)', (kind) => {
  it('is read after a stall before deadlines that passed meanwhile are judged', async () => {
    const order: string[] = [];
    const receiver = await open(kind, () => order.push('datagram'));
    const sender = await open(kind);
    const wheel = new TimerWheel(realTime);
    await turn(); // timers are the first phase after this one, sockets the second
    wheel.schedule(new Deadline(() => order.push('deadline')), wheel.now() + 10);
    send(sender, receiver, 1);
    stall(60);
    await until(() => order.length === 2);
    expect(order).toEqual(['datagram', 'deadline']);
  });

  it('has what a datagram put off done before the turn goes on', async () => {
    const order: string[] = [];
    const receiver = await open(kind, () => {
      setImmediate(() => order.push('immediate'));
      void Promise.resolve().then(() => order.push('promise'));
      process.nextTick(() => order.push('tick'));
    });
    const sender = await open(kind);
    await turn();
    send(sender, receiver, 1);
    // A timer alone: whoever else Node called in that turn would have it done by the way.
    while (order.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(order).toEqual(['tick', 'promise', 'immediate']);
  });

  it('lets answers leave before a backlog is read to its end, and loses none of it', async () => {
    const backlog = 300;
    let read = 0;
    const receiver = await open(kind, (packet) => {
      expect(packet.readUInt32BE(0)).toBe(read++); // in order
      stall(0.3); // a handshake's work
    });
    const sender = await open(kind);
    await turn();
    send(sender, receiver, backlog);
    let atFirstTurn = 0;
    while (atFirstTurn === 0) {
      await turn();
      atFirstTurn = read;
    }
    expect(atFirstTurn).toBeLessThan(backlog / 2); // one batch of 64 and the 32 that libuv reads by itself
    await until(() => read === backlog);
    expect(receiver.counters()).toMatchObject({ datagramsReceived: backlog, receiveDrops: 0 });
  });
});

it.skipIf(batchCalls() === null)('deadlines wait for a backlog that takes several turns to read', async () => {
  const backlog = 150;
  const wheel = new TimerWheel(realTime);
  let read = 0;
  let readBefore = Number.NaN;
  const onPacket = (): void => {
    read++;
    stall(0.3);
  };
  const receiver = await open('auto', onPacket, { backlog: wheel.backlog });
  const sender = await open('auto');
  await turn();
  wheel.schedule(
    new Deadline(() => {
      readBefore = read;
    }),
    wheel.now() + 10,
  );
  send(sender, receiver, backlog);
  stall(20);
  await until(() => !Number.isNaN(readBefore));
  expect(readBefore).toBe(backlog); // 45 ms of work: less than the 200 ms for which deadlines wait
  expect(wheel.backlog.sockets).toBe(0);
});

/** Lengths of datagrams: trains of one length, which end with a shorter one, with a longer one, or with the batch. */
const lengths = Array.from({ length: 300 }, (_, i) =>
  i % 50 === 7 ? 90 : i % 50 === 8 ? 120 : i % 50 === 9 ? 1350 : 100,
);

/** Sends them by turns to two peers after every hundred. @returns what each got: number and length */
async function sendTrains(sender: UdpIo): Promise<readonly [number, number][][]> {
  const got: [number, number][][] = [[], []];
  const peers = await Promise.all(
    got.map((list) => open('auto', (packet) => list.push([packet.readUInt32BE(0), packet.length]))),
  );
  lengths.forEach((length, i) => {
    sender.slot().writeUInt32BE(i);
    sender.commit(length, (peers[Math.floor(i / 100) % 2] as UdpIo).address);
  });
  sender.flush();
  await until(() => got.reduce((sum, list) => sum + list.length, 0) === lengths.length);
  return got;
}

describe.skipIf(batchCalls() === null)('datagrams of one length for one peer on loopback', () => {
  const expected = [0, 1].map((peer) =>
    lengths.flatMap((length, i) => (Math.floor(i / 100) % 2 === peer ? [[i, length]] : [])),
  );

  /** How many messages each real call of sendmmsg(2) sent; a kernel that cannot segment sends those before the first train. */
  function watched(sender: UdpIo, canSegment = true): number[] {
    const sent: number[] = [];
    const io = sender as unknown as { calls: BatchCalls; outgoing: SendVector };
    const { calls, outgoing } = io;
    const { headers } = outgoing as unknown as { headers: Uint32Array };
    const isTrain = (vector: bigint, i: number): boolean => {
      const message = Number(vector - outgoing.from(0)) / 64 + i;
      return headers[message * 16 + 10] !== 0; // msg_controllen
    };
    const send: BatchCalls['send'] = (fd, vector, count) => {
      let most = 0;
      while (most < count && (canSegment || !isTrain(vector, most))) most++;
      const result = most === 0 ? -EIO : calls.send(fd, vector, most);
      sent.push(Math.max(0, result));
      return result;
    };
    Object.assign(io, { calls: { ...calls, send } });
    return sent;
  }

  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

  it('leave as few messages, and arrive one by one, whole and in order', async () => {
    const sender = await open('auto');
    const messages = watched(sender);
    expect(await sendTrains(sender)).toEqual(expected);
    expect(sender.counters()).toMatchObject({ datagramsSent: lengths.length, sendErrors: 0 });
    expect(sum(messages)).toBeLessThan(lengths.length / 5);
  });

  it('are read as they came, a train at a time', async () => {
    let read = 0;
    const receiver = await open('auto', () => read++);
    const io = receiver as unknown as { calls: BatchCalls };
    const { calls } = io;
    const messages: number[] = [];
    const receive: BatchCalls['receive'] = (...call) => {
      const count = calls.receive(...call);
      messages.push(Math.max(0, count));
      return count;
    };
    Object.assign(io, { calls: { ...calls, receive } });
    send(await open('auto'), receiver, 300);
    await until(() => read === 300);
    expect(sum(messages)).toBe(Math.ceil(300 / 64));
    expect(receiver.counters()).toMatchObject({ datagramsReceived: 300, receiveDrops: 0 });
  });

  it('leave singly with the setting batch', async () => {
    const sender = await open('batch');
    const messages = watched(sender);
    expect(await sendTrains(sender)).toEqual(expected);
    expect(sum(messages)).toBe(lengths.length);
  });

  it('leave singly, and all of them, once the kernel has refused to cut a message up', async () => {
    const sender = await open('auto');
    const messages = watched(sender, false);
    expect(await sendTrains(sender)).toEqual(expected);
    expect(sender.counters()).toMatchObject({ datagramsSent: lengths.length, sendErrors: 0 });
    expect(sum(messages)).toBe(lengths.length);
    expect(messages.filter((count) => count === 0).length).toBeLessThan(8); // the trains of the first batch
  });
});

it('a privileged UDP socket has the receive buffer asked for, whatever rmem_max says', async (context) => {
  const most = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
  const receiver = await open('auto', undefined, { bufferBytes: 2 * most });
  const { socket } = receiver as unknown as { socket: Socket };
  const size = socket.getRecvBufferSize(); // the kernel doubles what it is told, for its own books (socket(7))
  if (size === 2 * most) context.skip('needs CAP_NET_ADMIN');
  expect(size).toBe(4 * most);
});
