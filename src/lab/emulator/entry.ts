import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/role.js';
import type { Act, LinkCounters, LinkProfile } from '../contract.js';
import { LinkCapture } from './capture.js';
import { Lane } from './lane.js';
import { slotsFor } from './pipeline.js';
import { Pump } from './pump.js';
import { openTun, precise } from './system-calls.js';

// The link emulator: a role process that moves packets between the two ends of the access link.

/** What the emulator is started with. */
export interface EmulatorOptions {
  readonly profile: LinkProfile;
  readonly seed: number;
  readonly mtu: number;
  /** Names of the two devices, made in the namespace the process runs in. */
  readonly clientDevice: string;
  readonly natDevice: string;
  /** Folder for the captures; undefined: none are written. */
  readonly captureTo?: string | undefined;
}

/** RoleHandle starts roles with the control channel at descriptor 3. */
const controlChannel = 3;

let lanes: { up: Lane; down: Lane } | undefined;
let mtu = 1500;
let pump: Pump | undefined;
let capture: LinkCapture | undefined;

/** @returns what the result should know about the emulator's circumstances */
function open(options: EmulatorOptions): { realTime: boolean } {
  mtu = options.mtu;
  const client = openTun(options.clientDevice);
  const nat = openTun(options.natDevice);
  const slotSize = Math.ceil((mtu + 4) / 64) * 64;
  const { up, down } = options.profile;
  lanes = {
    up: new Lane(up, options.seed, slotsFor(up, mtu), slotSize),
    down: new Lane(down, options.seed ^ 0x5bd1e995, slotsFor(down, mtu), slotSize),
  };
  if (options.captureTo !== undefined) {
    capture = new LinkCapture(options.captureTo, Date.now() * 1000 - nowMicros());
    lanes.up.tap = capture.tap('up');
    lanes.down.tap = capture.tap('down');
    setInterval(() => capture?.flush(), 500).unref();
  }
  const realTime = precise();
  pump = new Pump(
    [
      { lane: lanes.up, from: client, to: nat },
      { lane: lanes.down, from: nat, to: client },
    ],
    nowMicros,
    controlChannel,
    slotSize,
  );
  pump.start();
  return { realTime };
}

/** Both directions change between two packets; the clock is read where they do. */
function timed(change: () => void): Act {
  const beganMicros = nowMicros();
  change();
  return { beganMicros, endedMicros: nowMicros() };
}

serveRole(
  {
    open,
    profile: (profile: LinkProfile): Act =>
      timed(() => {
        lanes?.up.change(profile.up, slotsFor(profile.up, mtu));
        lanes?.down.change(profile.down, slotsFor(profile.down, mtu));
      }),
    blackout: ({ up, down }: { up: boolean; down: boolean }): Act =>
      timed(() => {
        lanes?.up.blackout(up);
        lanes?.down.blackout(down);
      }),
    counters: (): LinkCounters | undefined => lanes && { up: lanes.up.counters, down: lanes.down.counters },
  },
  () => {
    pump?.stop();
    capture?.close();
  },
);
