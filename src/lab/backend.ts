import { entryPath } from '../base/process/child.js';
import { RoleHandle } from '../base/process/role.js';
import type { Act, LabBackend, LabSpec, LinkCounters, LinkProfile } from './contract.js';
import type { EmulatorOptions } from './emulator/entry.js';
import type { Holder } from './holder.js';
import type { LinkReading } from './reading.js';

/** What damages the access link. */
export interface LinkBackend {
  readonly name: LabBackend;
  /** Whether the access link's devices are there before namespaces.sh runs. */
  readonly link: 'veth' | 'given';
  /** As it is now. */
  readonly profile: LinkProfile;
  /** For a result's provenance. */
  readonly description: Readonly<Record<string, string>>;
  /** After the namespaces are up. */
  start(): Promise<void>;
  /** @returns when the link changed */
  setProfile(profile: LinkProfile): Promise<Act>;
  /** @returns when the link changed */
  blackout(on: { readonly up: boolean; readonly down: boolean }): Promise<Act>;
  counters(): Promise<LinkCounters>;
  /** See {@link LinkReading}: each tells of the time since the one before. */
  reading(): Promise<LinkReading>;
  readonly failed: Promise<never>;
  /** Of its process, when it has one. */
  readonly pid?: number | undefined;
  close(): Promise<void>;
}

export const clientDevice = 'access-c';
export const natDevice = 'access-n';

/** Our own emulator: a process between two TUN devices. @throws MQB_LAB_RIGHTS, MQB_TUN */
export async function openTunBackend(holder: Holder, spec: LabSpec, mtu: number): Promise<LinkBackend> {
  const entry = entryPath(import.meta.url, './emulator/entry.js');
  const role = RoleHandle.start('link emulator', entry, (...args) => holder.spawn(undefined, ...args));
  const { profile, seed, captureTo } = spec;
  const options: EmulatorOptions = { profile, seed, mtu, clientDevice, natDevice, captureTo };
  const { realTime } = await role.open<{ realTime: boolean }>('open', options, 15_000);
  let current = profile;
  return {
    name: 'tun',
    link: 'given',
    get profile() {
      return current;
    },
    description: { seed: String(seed), emulatorPriority: realTime ? 'real-time' : 'ordinary' },
    start: () =>
      role.call('placed', [
        { device: clientDevice, network: '/run/netns/client' },
        { device: natDevice, network: '/run/netns/nat' },
      ]),
    setProfile: async (next) => {
      const act = await role.call<Act>('profile', next);
      current = next;
      return act;
    },
    blackout: (on) => role.call<Act>('blackout', on),
    counters: () => role.call<LinkCounters>('counters', undefined),
    reading: () => role.call<LinkReading>('reading', undefined),
    failed: role.failed,
    close: () => role.end(1000),
    pid: role.child.pid,
  };
}
