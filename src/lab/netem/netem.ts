import { usageError } from '../../base/errors.js';
import { clientDevice, type LinkBackend, natDevice } from '../backend.js';
import type { Act, Impairment, LinkCounters, LinkProfile } from '../contract.js';
import type { Holder } from '../holder.js';
import type { LinkReading, Stretch } from '../reading.js';
import { ActWatch, runInside, runScript } from '../scripts.js';
import { directionCounters, drawsBetween, enteredTable, type LinkEnd } from './counters.js';
import { EndReader } from './end-reader.js';
import { netemText } from './text.js';

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

/** Both ends of the link, each looked at in its own namespace. */
interface Ends {
  readonly client: LinkEnd;
  readonly nat: LinkEnd;
}

type Dark = Parameters<LinkBackend['blackout']>[0];

/** The kernel's own emulator at both ends of a veth pair. */
export class NetemBackend implements LinkBackend {
  readonly name = 'netem';
  readonly link = 'veth';
  readonly failed = new Promise<never>(() => {});
  private dark: Dark = { up: false, down: false };
  /** Where the stretch that has not ended began; undefined until somebody reads stretches, as each look takes its time. */
  private since: Ends | undefined;
  private readonly stretches: Stretch[] = [];
  private readers: EndReader[] | undefined;
  /** What queues had counted that are gone: a distribution can only be unsaid by a new queue. */
  private readonly gone = { client: { drops: 0, atOnce: 0 }, nat: { drops: 0, atOnce: 0 } };

  constructor(
    private readonly holder: Holder,
    public profile: LinkProfile,
    private readonly mtu: number,
  ) {
    refuseTraces(profile);
  }

  get description(): LinkBackend['description'] {
    const { up, down } = this.profile;
    return { up: `tc netem ${netemText(up, this.mtu)}`, down: `tc netem ${netemText(down, this.mtu)}` };
  }

  async start(): Promise<void> {
    for (const [place, device] of ends) {
      await runInside(this.holder, place, 'nft', ['-f', '-'], { input: enteredTable(device) });
    }
    await this.apply();
  }

  async setProfile(profile: LinkProfile): Promise<Act> {
    refuseTraces(profile);
    return this.change(profile, this.dark);
  }

  blackout(dark: Dark): Promise<Act> {
    return this.change(this.profile, dark);
  }

  async counters(): Promise<LinkCounters> {
    return this.countersOf(await this.look());
  }

  async close(): Promise<void> {
    for (const reader of this.readers ?? []) reader.close();
  }

  /** What passes while the kernel is told belongs to no stretch: it cannot be known what it met. */
  private async change(profile: LinkProfile, dark: Dark): Promise<Act> {
    const watched = this.since !== undefined || this.renewed(profile, dark);
    const before = watched ? await this.look() : undefined;
    if (before && this.since) this.endStretch(before);
    this.profile = profile;
    this.dark = dark;
    const act = await this.apply();
    if (before) this.resume(before, await this.look());
    return act;
  }

  private resume(before: Ends, after: Ends): void {
    for (const [place] of ends) {
      for (const name of ['drops', 'atOnce'] as const) {
        if (after[place][name] < before[place][name]) this.gone[place][name] += before[place][name];
      }
    }
    if (this.since) this.since = after;
  }

  /** Whether netem.sh will have to make a new queue: a distribution cannot be unsaid. */
  private renewed(profile: LinkProfile, dark: Dark): boolean {
    return (['up', 'down'] as const).some((way) => {
      const after = shapes(profile[way], dark[way]);
      return shapes(this.profile[way], this.dark[way]).some((shape) => !after.includes(shape));
    });
  }

  private async apply(): Promise<Act> {
    const { up, down } = this.profile;
    const words = (settings: Impairment, dark: boolean): string => netemText(dark ? { loss: 1 } : settings, this.mtu);
    const [upWords, downWords] = [words(up, this.dark.up), words(down, this.dark.down)];
    const watch = new ActWatch();
    await runScript(this.holder, 'netem.sh', ['apply', '--ask', '--up', upWords, '--down', downWords], watch.hear);
    return watch.act;
  }

  private async look(): Promise<Ends> {
    this.readers ??= ends.map(([place, device]) => new EndReader(this.holder, place, device));
    const [client, nat] = await Promise.all(this.readers.map((reader) => reader.read()));
    return { client: client as LinkEnd, nat: nat as LinkEnd };
  }

  private countersOf({ client, nat }: Ends): LinkCounters {
    const whole = (end: LinkEnd, gone: { drops: number; atOnce: number }): LinkEnd => ({
      ...end,
      drops: end.drops + gone.drops,
      atOnce: end.atOnce + gone.atOnce,
    });
    const [c, n] = [whole(client, this.gone.client), whole(nat, this.gone.nat)];
    return { up: directionCounters(c, n), down: directionCounters(n, c) };
  }

  async reading(): Promise<LinkReading> {
    const now = await this.look();
    this.endStretch(now);
    return { counters: this.countersOf(now), stretches: this.stretches.splice(0) };
  }

  private endStretch(now: Ends): void {
    const { since, profile, dark } = this;
    if (since) {
      this.stretches.push({
        profile,
        up: dark.up ? {} : drawsBetween(since.client, now.client, profile.up),
        down: dark.down ? {} : drawsBetween(since.nat, now.nat, profile.down),
      });
    }
    this.since = now;
  }
}

/** Of what the kernel is told a distribution. */
function shapes({ jitterDistribution = 'uniform', slot }: Impairment, off: boolean): string[] {
  if (off) return [];
  const ofSlot = slot?.jitterMicros ? (slot.distribution ?? 'uniform') : 'uniform';
  return [...(jitterDistribution === 'uniform' ? [] : ['delay']), ...(ofSlot === 'uniform' ? [] : ['slot'])];
}

const ends = [
  ['client', clientDevice],
  ['nat', natDevice],
] as const;

function refuseTraces(profile: LinkProfile): void {
  if (profile.up.trace || profile.down.trace)
    throw usageError('MQB_LAB_BACKEND', 'netem cannot play a recorded link', 'use the backend tun');
}
