import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/process/role.js';
import { processorUse } from '../../metrics/resources.js';
import type { Act, LabSpec, LinkCounters, LinkProfile } from '../contract.js';
import type { LinkReading, Stretch } from '../reading.js';
import { LinkCapture } from './capture.js';
import { Lane } from './lane.js';
import { slotsFor } from './pipeline.js';
import { Pump } from './pump.js';
import { openTun, precise } from './system-calls.js';
import { Unread } from './unread.js';

// The link emulator: a role process that moves packets between the two ends of the access link.

export interface EmulatorOptions extends Pick<LabSpec, 'profile' | 'seed' | 'captureTo'> {
  readonly mtu: number;
  /** Names of the two devices, made in the namespace the process runs in. */
  readonly clientDevice: string;
  readonly natDevice: string;
}

/** RoleHandle starts roles with the control channel at descriptor 3. */
const controlChannel = 3;

/** The link as it is, once it is open. */
type Link = ReturnType<typeof openLink>;
let opened: Link | undefined;

function link(): Link {
  if (!opened) throw new Error('the link is not open');
  return opened;
}

/** @returns what the result should know about the emulator's circumstances */
function open(options: EmulatorOptions): { realTime: boolean } {
  opened = openLink(options);
  opened.pump.start();
  return { realTime: opened.realTime };
}

function openLink(options: EmulatorOptions) {
  const { profile, seed, mtu } = options;
  const client = openTun(options.clientDevice);
  const nat = openTun(options.natDevice);
  const slotSize = Math.ceil((mtu + 4) / 64) * 64;
  const up = new Lane(profile.up, seed, slotsFor(profile.up, mtu), slotSize);
  const down = new Lane(profile.down, seed ^ 0x5bd1e995, slotsFor(profile.down, mtu), slotSize);
  const capture = options.captureTo === undefined ? undefined : capturing(options.captureTo, up, down);
  const realTime = precise();
  const routes = [
    { lane: up, from: client, to: nat },
    { lane: down, from: nat, to: client },
  ];
  const pump = new Pump(routes, nowMicros, controlChannel, slotSize);
  /** Since the last reading, but for the one that has not ended. */
  const stretches: Stretch[] = [];
  return { up, down, mtu, realTime, pump, capture, profile, stretches, unread: undefined as Unread | undefined };
}

function capturing(folder: string, up: Lane, down: Lane): LinkCapture {
  const capture = new LinkCapture(folder, Date.now() * 1000 - nowMicros());
  up.tap = capture.tap('up');
  down.tap = capture.tap('down');
  setInterval(() => capture.flush(), 500).unref();
  return capture;
}

/** What is asked of the link changes, or somebody reads it: what was left to chance until now is one stretch. */
function endStretch({ up, down, profile, stretches }: Link): void {
  stretches.push({ profile, up: up.takeDraws(), down: down.takeDraws() });
}

/** Both directions change between two packets; the clock is read where they do. */
function timed(change: () => void): Act {
  const beganMicros = nowMicros();
  change();
  return { beganMicros, endedMicros: nowMicros() };
}

function changeProfile(profile: LinkProfile): Act {
  const one = link();
  return timed(() => {
    endStretch(one);
    one.up.change(profile.up, slotsFor(profile.up, one.mtu));
    one.down.change(profile.down, slotsFor(profile.down, one.mtu));
    one.profile = profile;
  });
}

function blackout({ up, down }: { up: boolean; down: boolean }): Act {
  const one = link();
  return timed(() => {
    one.up.blackout(up);
    one.down.blackout(down);
  });
}

function reading(): LinkReading {
  const one = link();
  endStretch(one);
  const { up, down, realTime, stretches } = one;
  up.lateness.add(down.lateness);
  const lateness = up.lateness.toData();
  for (const lane of [up, down]) lane.lateness.reset();
  const emulator = { use: processorUse(), realTime, lateness, unread: one.unread?.count() ?? 0 };
  return { counters: counters(), stretches: stretches.splice(0), emulator };
}

const counters = (): LinkCounters => ({ up: link().up.counters, down: link().down.counters });

function placed(devices: ConstructorParameters<typeof Unread>[0]): void {
  link().unread = new Unread(devices);
}

serveRole({ open, placed, profile: changeProfile, blackout, counters, reading }, () => {
  opened?.pump.stop();
  opened?.capture?.close();
});
