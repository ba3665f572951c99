// The link emulator through the whole lab; needs what the lab needs, and two cores to itself. Takes about 7 s.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nowMicros } from '../../dist/base/clock.js';
import { RoleHandle } from '../../dist/base/process/role.js';
import { openLab } from '../../dist/lab/lab.js';
import { row } from './setting.mjs';

const delayMicros = 15_000;
/** The NAT's end of the link (scripts/network/common.sh). */
const gateway = '10.71.0.1';

export async function emulator() {
  const lab = await openLab({ backend: 'tun', profile: { up: {}, down: {} }, seed: 1 });
  try {
    const entry = fileURLToPath(new URL('./paced.mjs', import.meta.url));
    const traffic = RoleHandle.start('traffic', entry, (...args) => lab.spawn('client', ...args));
    await traffic.call('open', { host: gateway, place: 'nat' });
    const packetsPerSecond = await saturate(lab, traffic);
    await lab.setProfile({ up: { delayMicros }, down: {} });
    await traffic.call('paced', { perSecond: 20_000, millis: 500 });
    const { sent, delays } = await traffic.call('paced', { perSecond: 20_000, millis: 3000 });
    await traffic.end();
    const share = `${((delays.length / sent) * 100).toFixed(1)} % arrived at 20,000/s`;
    const late = Math.round(delays[Math.floor((delays.length - 1) / 2)] - delayMicros);
    return [
      row('emulator: packets of 100 B carried', '/s', 200_000, packetsPerSecond),
      row('emulator: added delay error, P50', 'ms', 0.2, late / 1000, false, share),
    ];
  } finally {
    await lab.close();
  }
}

/** Packets carried in one direction, from the client to the NAT: the link alone. */
async function saturate(lab, traffic) {
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
