import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from '../../base/clock.js';
import { entryPath } from '../../base/process/child.js';
import { RoleHandle } from '../../base/process/role.js';
import type { Lab } from '../contract.js';
import { openLab } from '../lab.js';
import type { OpenOptions, PacedResult } from '../measure/precise-entry.js';

/** Of the link emulator. */
export interface EmulatorFigures {
  /** Packets of 128 bytes carried in one direction at saturation, from the client to the NAT: the link alone. */
  readonly packetsPerSecond: number;
  /** The same to the server: the kernel's NAT and forwarding run on the emulator's core then. */
  readonly labPacketsPerSecond: number;
  /** How much later than after the 15 ms asked for packets arrive at 20,000 packets/s, microseconds. */
  readonly delayErrorP50Micros: number;
  readonly delayErrorP99Micros: number;
  /** Of the packets sent at 20,000/s, those that arrived. */
  readonly arrivedShare: number;
}

const bytes = 100;
const delayMicros = 15_000;
/** The NAT's end of the link (scripts/network/common.sh). */
const gateway = '10.71.0.1';

/**
 * Measures the emulator for `scripts/bench.sh`. Needs two cores to itself: one
 * for the emulator, one for the traffic. Takes about 9 s.
 * @throws what openLab throws
 */
export async function benchEmulator(): Promise<EmulatorFigures> {
  const lab = await openLab({ backend: 'tun', profile: { up: {}, down: {} }, seed: 1 });
  try {
    const entry = entryPath(import.meta.url, '../measure/precise-entry.js');
    const traffic = RoleHandle.start('traffic', entry, (command, args, options) =>
      lab.spawn('client', command, args, options),
    );
    await traffic.call('open', { host: lab.serverAddress, place: 'server', bytes } satisfies OpenOptions);
    const labPacketsPerSecond = await saturate(lab, traffic);
    await traffic.call('open', { host: gateway, place: 'nat', bytes } satisfies OpenOptions);
    const packetsPerSecond = await saturate(lab, traffic);
    await lab.setProfile({ up: { delayMicros }, down: {} });
    await traffic.call('paced', { perSecond: 20_000, millis: 500 });
    const paced = await traffic.call<PacedResult>('paced', { perSecond: 20_000, millis: 3000 });
    await traffic.end();
    return {
      packetsPerSecond,
      labPacketsPerSecond,
      delayErrorP50Micros: Math.round(paced.delayP50 - delayMicros),
      delayErrorP99Micros: Math.round(paced.delayP99 - delayMicros),
      arrivedShare: paced.received / paced.sent,
    };
  } finally {
    await lab.close();
  }
}

async function saturate(lab: Lab, traffic: RoleHandle): Promise<number> {
  await traffic.call('flood', { millis: 500 }); // until the code is hot
  const began = nowMicros();
  const before = (await lab.counters()).up.packetsOut;
  const flood = traffic.call('flood', { millis: 2500 });
  await sleep(2000);
  const carried = (await lab.counters()).up.packetsOut - before;
  const seconds = (nowMicros() - began) / 1e6;
  await flood;
  return Math.round(carried / seconds);
}
