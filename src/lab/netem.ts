import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { ActWatch } from './act-watch.js';
import { clientDevice, type LinkBackend, natDevice } from './backend.js';
import type { Act, DirectionCounters, LinkCounters, LinkProfile, Place } from './contract.js';
import type { Holder } from './holder.js';
import { netemText } from './netem-text.js';
import { runInside, runScript } from './scripts.js';

/** Whether `tc` can make a netem queue here: asked of the kernel, in a namespace of our own, on its loopback. */
export async function kernelHasNetem(holder: Holder): Promise<boolean> {
  try {
    await runInside(holder, undefined, 'tc', ['qdisc', 'add', 'dev', 'lo', 'root', 'netem']);
    await runInside(holder, undefined, 'tc', ['qdisc', 'del', 'dev', 'lo', 'root']);
    return true;
  } catch {
    return false;
  }
}

/** The kernel's own emulator at both ends of a veth pair. */
export function openNetemBackend(holder: Holder, profile: LinkProfile, mtu: number): LinkBackend {
  refuseTraces(profile);
  let current = profile;
  let dark = { up: false, down: false };
  const apply = async (): Promise<Act> => {
    const watch = new ActWatch();
    const of = (direction: 'up' | 'down') => netemText(dark[direction] ? { loss: 1 } : current[direction], mtu);
    await runScript(holder, 'netem.sh', ['apply', '--ask', '--up', of('up'), '--down', of('down')], watch.hear);
    return watch.act;
  };
  return {
    name: 'netem',
    link: 'veth',
    get profile() {
      return current;
    },
    get description() {
      return { up: `tc netem ${netemText(current.up, mtu)}`, down: `tc netem ${netemText(current.down, mtu)}` };
    },
    start: async () => void (await apply()),
    setProfile: async (next) => {
      refuseTraces(next);
      current = next;
      return apply();
    },
    blackout: (on) => {
      dark = on;
      return apply();
    },
    counters: async (): Promise<LinkCounters> => {
      const [upQueue, downQueue, upDevice, downDevice] = await Promise.all([
        runInside(holder, 'client', 'tc', ['-s', '-j', 'qdisc', 'show', 'dev', clientDevice]),
        runInside(holder, 'nat', 'tc', ['-s', '-j', 'qdisc', 'show', 'dev', natDevice]),
        deviceCounters(holder, 'nat', natDevice),
        deviceCounters(holder, 'client', clientDevice),
      ]);
      return { up: directionCounters(upQueue, upDevice), down: directionCounters(downQueue, downDevice) };
    },
    failed: new Promise(() => {}),
    close: async () => {},
  };
}

function refuseTraces(profile: LinkProfile): void {
  if (!profile.up.trace && !profile.down.trace) return;
  throw new MqbenchError('MQB_LAB_BACKEND', 'netem cannot play a recorded link', {
    exitCode: exitCodes.usage,
    hint: 'use the backend tun',
  });
}

interface DeviceCounters {
  readonly packets: number;
  readonly bytes: number;
}

async function deviceCounters(holder: Holder, place: Place, device: string): Promise<DeviceCounters> {
  const text = await runInside(holder, place, 'ip', ['-s', '-j', 'link', 'show', 'dev', device]);
  const [link] = JSON.parse(text) as [{ stats64: { rx: DeviceCounters } }];
  return link.stats64.rx;
}

/** netem counts Ethernet frames; ours are IP packets. */
const etherHeader = 14;

/**
 * From `tc -s -j qdisc show` at the sending end and what the receiving end's device got. netem tells lost and
 * overflowed packets apart no more than by one number, and says nothing about reordered, duplicated and corrupted ones.
 */
export function directionCounters(tcJson: string, received: DeviceCounters): DirectionCounters {
  const queues = JSON.parse(tcJson) as {
    kind: string;
    packets: number;
    bytes: number;
    drops: number;
    overlimits: number;
  }[];
  const netem = queues.find((queue) => queue.kind === 'netem') ?? { packets: 0, bytes: 0, drops: 0 };
  return {
    packetsIn: netem.packets + netem.drops,
    bytesIn: netem.bytes - etherHeader * netem.packets,
    packetsOut: received.packets,
    bytesOut: received.bytes - etherHeader * received.packets,
    packetsLost: netem.drops,
    packetsOverflowed: 0,
    packetsReordered: 0,
    packetsDuplicated: 0,
    packetsCorrupted: 0,
  };
}
