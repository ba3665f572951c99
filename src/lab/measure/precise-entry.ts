import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/process/role.js';
import { enterNetwork, Receiver, Sender, WallClock } from './sockets.js';

// One process with a socket at each end of the lab, so that send and arrival are read from one clock, the arrival by the
// kernel. What this process is late with is therefore not measured as the link's delay.

/** What one run of packets at a steady rate came to. Times in microseconds. */
export interface PacedResult {
  readonly sent: number;
  readonly received: number;
  readonly delayP50: number;
  readonly delayP99: number;
}

const port = 9000;
let sender: Sender | undefined;
let receiver: Receiver | undefined;

/** Where packets end, and how long they are. */
export interface OpenOptions {
  readonly host: string;
  /** The namespace that the address is in. */
  readonly place: 'nat' | 'server';
  /** Of payload. */
  readonly bytes: number;
}

let at = '';

/** Sockets at both ends. May be called again. */
function open({ host, place, bytes }: OpenOptions): void {
  if (at !== host) {
    receiver?.close();
    enterNetwork(`/run/netns/${place}`);
    receiver = new Receiver(host, port, 4_000_000);
    enterNetwork('/run/netns/client');
    at = host;
  }
  sender?.close();
  sender = new Sender(host, port, bytes, 32);
}

/** What became of numbered packets. */
export interface NumberedResult {
  /** In order of arrival. */
  readonly numbers: readonly number[];
  readonly delays: readonly number[];
  /** Between the first arrival and the last. */
  readonly spanMicros: number;
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** One numbered packet every `intervalMicros`; then waits until nothing has come for `quietMillis`. */
function numbered(options: { packets: number; intervalMicros: number; quietMillis: number }): NumberedResult {
  const clock = new WallClock();
  const numbers: number[] = [];
  const delays: number[] = [];
  let first = Number.NaN;
  let last = Number.NaN;
  const drain = (): boolean => {
    const before = numbers.length;
    for (let at = receiver!.receive(); at >= 0; at = receiver!.receive()) {
      numbers.push(receiver!.payload.readUInt32LE(8));
      delays.push(at - receiver!.payload.readDoubleLE(0));
      if (Number.isNaN(first)) first = at;
      last = at;
    }
    return numbers.length > before;
  };
  const start = nowMicros();
  for (let i = 0; i < options.packets; i++) {
    const wait = start + i * options.intervalMicros - nowMicros();
    if (wait > 100) Atomics.wait(sleeper, 0, 0, wait / 1000);
    sender!.payload.writeUInt32LE(i, 8);
    sender!.payload.writeDoubleLE(clock.now(), 0);
    sender!.send(1);
    drain();
  }
  for (let quietSince = nowMicros(); nowMicros() - quietSince < options.quietMillis * 1000; ) {
    Atomics.wait(sleeper, 0, 0, 2);
    if (drain()) quietSince = nowMicros();
  }
  return { numbers, delays, spanMicros: last - first };
}

/** As many packets as the kernel takes. @returns how many it took */
function flood({ millis }: { millis: number }): number {
  const end = nowMicros() + millis * 1000;
  let sent = 0;
  while (nowMicros() < end) sent += sender!.send(32);
  for (let quietSince = nowMicros(); nowMicros() - quietSince < 100_000; ) {
    if (receiver!.receive() >= 0) quietSince = nowMicros();
  }
  return sent;
}

/** A steady rate; each packet carries when it was sent. */
function paced({ perSecond, millis }: { perSecond: number; millis: number }): PacedResult {
  while (receiver!.receive() >= 0); // of an earlier run
  const clock = new WallClock();
  const delays: number[] = [];
  const start = nowMicros();
  const end = start + millis * 1000;
  let sent = 0;
  const drain = (): void => {
    for (let at = receiver!.receive(); at >= 0; at = receiver!.receive()) {
      delays.push(at - receiver!.payload.readDoubleLE(0));
    }
  };
  for (let now = start; now < end; now = nowMicros()) {
    if (now >= start + (sent * 1e6) / perSecond) {
      sender!.payload.writeDoubleLE(clock.now(), 0);
      sender!.send(1);
      sent++;
    } else drain();
  }
  for (const last = nowMicros() + 500_000; delays.length < sent && nowMicros() < last; ) drain();
  delays.sort((a, b) => a - b);
  const at = (share: number): number => delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN;
  return { sent, received: delays.length, delayP50: at(0.5), delayP99: at(0.99) };
}

serveRole({ open, numbered, flood, paced });
