import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/role.js';
import { enterNetwork, Receiver, Sender, WallClock } from './sockets.js';

// The other side of the emulator's benchmark: one process with a socket at each end of the lab, so that send and
// arrival are read from one clock, the arrival by the kernel.

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

function open({ server }: { server: string }): void {
  enterNetwork('/run/netns/server');
  receiver = new Receiver(server, port, 4_000_000);
  enterNetwork('/run/netns/client');
  sender = new Sender(server, port, 100, 32);
}

/** As many packets as the kernel takes. @returns how many it took */
function flood({ millis }: { millis: number }): number {
  const end = nowMicros() + millis * 1000;
  let sent = 0;
  while (nowMicros() < end) sent += sender!.send(32);
  while (receiver!.receive() >= 0);
  return sent;
}

/** A steady rate; each packet carries when it was sent. */
function paced({ perSecond, millis }: { perSecond: number; millis: number }): PacedResult {
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

serveRole({ open, flood, paced });
