import { nowMicros } from '../../base/clock.js';
import { countersBetween, type LinkReading, type Stretch } from '../../lab/reading.js';
import { Histogram } from '../../metrics/histogram.js';
import type { PhaseUse, RoleResources } from '../../result/types.js';
import { type MachineReading, machineBetween } from './machine.js';

/** What roles and link have used up to a moment. */
export interface Reading {
  readonly roles: readonly RoleResources[];
  /** User and system time of each load worker, microseconds, in their order. */
  readonly workers?: readonly number[];
  /** The same of each thread of a broker that has several at work, by its number. */
  readonly brokerThreads?: ReadonlyMap<number, number>;
  readonly link?: LinkReading;
  readonly machine?: MachineReading;
}

/** What the link was asked in one part of a cell, and what it did. */
export interface LinkPhase {
  readonly name: string;
  readonly stretches: readonly Stretch[];
  /** Of an emulated link: how late packets were, microseconds, and how many the kernel dropped before it read them. */
  readonly emulator?: {
    readonly lateness: NonNullable<PhaseUse['linkLateness']>;
    readonly unread: number;
    readonly realTime: boolean;
  };
}

interface Moment {
  readonly atMicros: number;
  readonly reading: Reading;
}

/**
 * Bills the parts of a cell apart: connecting, each measure window, draining.
 * A reading is taken where one part ends and the next begins.
 */
export class PhaseMeter {
  readonly phases: PhaseUse[] = [];
  /** The link in the same parts; empty without a lab. */
  readonly linkPhases: LinkPhase[] = [];
  private open: (Moment & { readonly name: string }) | undefined;

  constructor(private readonly read: () => Promise<Reading>) {}

  /** Ends the phase that is open, and begins one of this name; undefined begins none. */
  async begin(name: string | undefined): Promise<void> {
    const reading = await this.read();
    const atMicros = nowMicros();
    if (this.open) {
      const link = linkPhase(this.open.name, this.open.reading, reading);
      if (link) this.linkPhases.push(link);
      this.phases.push(difference(this.open.name, this.open, { atMicros, reading }, link));
    }
    this.open = name === undefined ? undefined : { name, atMicros, reading };
  }
}

function difference(name: string, from: Moment, to: Moment, linkOf: LinkPhase | undefined): PhaseUse {
  const busiest: Readonly<Record<string, number | undefined>> = {
    load: busiestOf(byPlace(from.reading.workers), byPlace(to.reading.workers)),
    broker: busiestOf(from.reading.brokerThreads, to.reading.brokerThreads),
  };
  const before = new Map(from.reading.roles.map((role) => [role.role, role]));
  const resources = to.reading.roles.map((role): RoleResources => {
    const earlier = before.get(role.role);
    return {
      ...role, // the peak is the process's own: what was reached up to here
      cpuUserMicros: role.cpuUserMicros - (earlier?.cpuUserMicros ?? 0),
      cpuSystemMicros: role.cpuSystemMicros - (earlier?.cpuSystemMicros ?? 0),
      contextSwitches:
        role.contextSwitches === undefined ? undefined : role.contextSwitches - (earlier?.contextSwitches ?? 0),
      busiestMicros: busiest[role.role],
    };
  });
  const link = to.reading.link &&
    from.reading.link && {
      up: { ...countersBetween(from.reading.link.counters.up, to.reading.link.counters.up) },
      down: { ...countersBetween(from.reading.link.counters.down, to.reading.link.counters.down) },
    };
  const machine =
    from.reading.machine && to.reading.machine && machineBetween(from.reading.machine, to.reading.machine);
  const had = machine && machine.totalMicros - machine.stolenMicros;
  return {
    name,
    durationMicros: Math.round(to.atMicros - from.atMicros),
    ...{ resources, link, linkLateness: linkOf?.emulator?.lateness },
    machineShare: machine && had ? machine.busyMicros / had : undefined,
    machine,
  };
}

type Used = ReadonlyMap<number, number>;

/** What the worker or thread used that used most. The sum over all says nothing of a single core: four may use a quarter each. */
function busiestOf(from: Used = new Map(), to: Used = new Map()): number | undefined {
  return to.size > 0 ? Math.max(...[...to].map(([who, micros]) => micros - (from.get(who) ?? 0))) : undefined;
}

const byPlace = (list: readonly number[] = []): Used => new Map(list.entries());

/** A reading of the link tells of the time since the one before, so the one that ends a part tells of it. */
function linkPhase(name: string, from: Reading, { link }: Reading): LinkPhase | undefined {
  if (!link || !from.link) return undefined;
  const { stretches, emulator } = link;
  if (!emulator) return { name, stretches };
  const lateness = new Histogram();
  lateness.addData(emulator.lateness);
  return {
    name,
    stretches,
    emulator: {
      realTime: emulator.realTime,
      unread: emulator.unread - (from.link.emulator?.unread ?? 0),
      lateness: {
        count: lateness.count,
        p50: lateness.percentile(50) || 0,
        p99: lateness.percentile(99) || 0,
        max: lateness.max || 0,
      },
    },
  };
}
