import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/process/role.js';
import { enterNetwork, Receiver, Sender, WallClock } from './sockets.js';

// One process with a socket at each end of the lab, so that send and arrival are read from one clock, the arrival by the
// kernel. What this process is late with is therefore not measured as the link's delay.

const port = 9000;
let sender: Sender | undefined;
let receiver: Receiver | undefined;

export interface NumberedOptions {
  /** An address of the server. */
  readonly host: string;
  /** Of a packet's payload. */
  readonly bytes: number;
  readonly packets: number;
  readonly intervalMicros: number;
  /** So long nothing has come when the last is taken for lost. */
  readonly quietMillis: number;
}

/** Sockets at both ends. May be called again, for packets of another length. */
function open({ host, bytes }: NumberedOptions): void {
  if (!receiver) {
    enterNetwork('/run/netns/server');
    receiver = new Receiver(host, port, 4_000_000);
    enterNetwork('/run/netns/client');
  }
  sender?.close();
  sender = new Sender(host, port, bytes);
}

export type NumberedResult = Readonly<ReturnType<typeof numbered>>;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** One numbered packet every `intervalMicros`; then waits until nothing has come for `quietMillis`. */
function numbered(options: NumberedOptions) {
  open(options);
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
    sender!.send();
    drain();
  }
  for (let quietSince = nowMicros(); nowMicros() - quietSince < options.quietMillis * 1000; ) {
    Atomics.wait(sleeper, 0, 0, 2);
    if (drain()) quietSince = nowMicros();
  }
  return {
    /** In order of arrival. */
    ...{ numbers, delays },
    /** Between the first arrival and the last. */
    spanMicros: last - first,
  };
}

serveRole({ numbered });
