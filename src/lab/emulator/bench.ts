import { entryPath } from '../../base/child.js';
import { nowMicros } from '../../base/clock.js';
import { RoleHandle } from '../../base/role.js';
import { openLab } from '../lab.js';
import type { PacedResult } from '../probe/precise-entry.js';

/** Of the link emulator, through the whole lab (emulator, NAT, server link). */
export interface EmulatorFigures {
  /** Packets of 100 bytes carried in one direction, at saturation. */
  readonly packetsPerSecond: number;
  /** How much later than after the 15 ms asked for packets arrive at 20,000 packets/s, microseconds. */
  readonly delayErrorP50Micros: number;
  readonly delayErrorP99Micros: number;
  /** Of the packets sent at 20,000/s, those that arrived. */
  readonly arrivedShare: number;
}

/**
 * Measures the emulator for `scripts/bench.sh`. Needs two cores to itself: one
 * for the emulator, one for the traffic. Takes about 6 s.
 * @throws what openLab throws
 */
export async function benchEmulator(): Promise<EmulatorFigures> {
  const delayMicros = 15_000;
  const lab = await openLab({ backend: 'tun', profile: { up: {}, down: {} }, seed: 1 });
  try {
    const traffic = RoleHandle.start(
      'traffic',
      entryPath(import.meta.url, '../probe/precise-entry.js'),
      (command, args, options) => lab.spawn('client', command, args, options),
    );
    await traffic.call('open', { server: lab.serverAddress, bytes: 100 });
    await traffic.call('flood', { millis: 500 });
    const before = (await lab.counters()).up.packetsOut;
    const began = nowMicros();
    await traffic.call('flood', { millis: 2000 });
    const carried = (await lab.counters()).up.packetsOut - before;
    const packetsPerSecond = Math.round(carried / ((nowMicros() - began) / 1e6));
    await lab.setProfile({ up: { delayMicros }, down: {} });
    await traffic.call('paced', { perSecond: 20_000, millis: 500 });
    const paced = await traffic.call<PacedResult>('paced', { perSecond: 20_000, millis: 3000 });
    await traffic.end();
    return {
      packetsPerSecond,
      delayErrorP50Micros: Math.round(paced.delayP50 - delayMicros),
      delayErrorP99Micros: Math.round(paced.delayP99 - delayMicros),
      arrivedShare: paced.received / paced.sent,
    };
  } finally {
    await lab.close();
  }
}
