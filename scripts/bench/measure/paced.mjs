// A process with a socket at each end of the lab's link: packets at a steady rate, or as many as the kernel takes. Send and arrival
// are read from one clock, the arrival by the kernel, so what this process is late with is not measured as the link's delay.
import { built } from './build.mjs';

const { nowMicros } = await built('base/clock.js');
const { serveRole } = await built('base/process/role.js');
const { enterNetwork, Receiver, Sender, WallClock } = await built('lab/measure/sockets.js');

const bytes = 100;
let sender;
let receiver;

function open({ host, place }) {
  enterNetwork(`/run/netns/${place}`);
  receiver = new Receiver(host, 9000, 4_000_000);
  enterNetwork('/run/netns/client');
  sender = new Sender(host, 9000, bytes);
}

function flood({ millis }) {
  const end = nowMicros() + millis * 1000;
  while (nowMicros() < end) for (let i = 0; i < 32; i++) sender.send();
  for (let quietSince = nowMicros(); nowMicros() - quietSince < 100_000; ) {
    if (receiver.receive() >= 0) quietSince = nowMicros();
  }
}

/** @returns how long each packet that arrived was under way, microseconds, and how many were sent */
function paced({ perSecond, millis }) {
  while (receiver.receive() >= 0); // of an earlier run
  const clock = new WallClock();
  const delays = [];
  const start = nowMicros();
  const end = start + millis * 1000;
  let sent = 0;
  const drain = () => {
    for (let at = receiver.receive(); at >= 0; at = receiver.receive()) {
      delays.push(at - receiver.payload.readDoubleLE(0));
    }
  };
  for (let now = start; now < end; now = nowMicros()) {
    if (now >= start + (sent * 1e6) / perSecond) {
      sender.payload.writeDoubleLE(clock.now(), 0);
      sender.send();
      sent++;
    } else drain();
  }
  for (const last = nowMicros() + 500_000; delays.length < sent && nowMicros() < last; ) drain();
  return { sent, delays: delays.sort((a, b) => a - b) };
}

serveRole({ open, flood, paced });
