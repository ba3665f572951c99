// The link emulator through the whole lab; needs what the lab needs.
import { benchEmulator } from '../../dist/lab/emulator/bench.js';
import { row } from './setting.mjs';

export async function emulator() {
  const figures = await benchEmulator();
  const share = `${(figures.arrivedShare * 100).toFixed(1)} % arrived at 20,000/s`;
  return [
    row('emulator: packets of 100 B carried', '/s', 200_000, figures.packetsPerSecond),
    row('emulator: added delay error, P50', 'ms', 0.2, figures.delayErrorP50Micros / 1000, false, share),
  ];
}
