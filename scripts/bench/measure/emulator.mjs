// The link emulator through the whole lab; needs what the lab needs, and two cores to itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { built } from './build.mjs';

const { nowMicros } = await built('base/clock.js');
const { RoleHandle } = await built('base/process/role.js');
const { openLab } = await built('lab/lab.js');

const delayMicros = 15_000;
/** The NAT's end of the link (scripts/network/common.sh). */
const gateway = '10.71.0.1';

/** @returns packets of 100 B carried per second, and at 20,000/s the share that arrived and what the link delayed too long, ms at P50 */
export async function measure({ floodMillis, pacedMillis }) {
  const lab = await openLab({ backend: 'tun', profile: { up: {}, down: {} }, seed: 1 });
  try {
    const entry = fileURLToPath(new URL('./paced.mjs', import.meta.url));
    const traffic = RoleHandle.start('traffic', entry, (...args) => lab.spawn('client', ...args));
    await traffic.call('open', { host: gateway, place: 'nat' });
    const packets = await saturate(lab, traffic, floodMillis);
    await lab.setProfile({ up: { delayMicros }, down: {} });
    await traffic.call('paced', { perSecond: 20_000, millis: 500 });
    const { sent, delays } = await traffic.call('paced', { perSecond: 20_000, millis: pacedMillis });
    await traffic.end();
    const late = Math.round(delays[Math.floor((delays.length - 1) / 2)] - delayMicros);
    return { packets, arrived: delays.length / sent, late: late / 1000 };
  } finally {
    await lab.close();
  }
}

/** Packets carried in one direction, from the client to the NAT: the link alone. */
async function saturate(lab, traffic, millis) {
  await traffic.call('flood', { millis: 500 }); // until the code is hot
  const began = nowMicros();
  const before = (await lab.counters()).up.packetsOut;
  const flood = traffic.call('flood', { millis: millis + 500 });
  await sleep(millis);
  const carried = (await lab.counters()).up.packetsOut - before;
  const seconds = (nowMicros() - began) / 1e6;
  await flood;
  return Math.round(carried / seconds);
}
