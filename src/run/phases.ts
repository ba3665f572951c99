import { nowMicros } from '../base/clock.js';
import type { DirectionCounters, LinkCounters } from '../lab/contract.js';
import type { PhaseUse, RoleResources } from '../result/types.js';
import { type MachineCounts, machineBetween } from './machine.js';

/** What roles and link have used up to a moment. */
export interface Reading {
  readonly roles: readonly RoleResources[];
  /** User and system time of each load worker, microseconds, in their order. */
  readonly workers?: readonly number[];
  readonly link?: LinkCounters;
  /** All processors of the machine together, since it started, and the part of the run's own processes. */
  readonly machine?: { readonly machine: MachineCounts; readonly ownMicros: number };
}

/**
 * Bills the parts of a cell apart: connecting, each measure window, draining.
 * A reading is taken where one part ends and the next begins.
 */
export class PhaseMeter {
  readonly phases: PhaseUse[] = [];
  private open: { name: string; atMicros: number; reading: Reading } | undefined;

  constructor(private readonly read: () => Promise<Reading>) {}

  /** Ends the phase that is open, and begins one of this name; undefined begins none. */
  async begin(name: string | undefined): Promise<void> {
    const reading = await this.read();
    const atMicros = nowMicros();
    if (this.open) this.phases.push(difference(this.open.name, this.open, { atMicros, reading }));
    this.open = name === undefined ? undefined : { name, atMicros, reading };
  }
}

function difference(
  name: string,
  from: { atMicros: number; reading: Reading },
  to: { atMicros: number; reading: Reading },
): PhaseUse {
  const busiest = busiestOf(from.reading.workers, to.reading.workers);
  const before = new Map(from.reading.roles.map((role) => [role.role, role]));
  const resources = to.reading.roles.map((role): RoleResources => {
    const earlier = before.get(role.role);
    return {
      ...role, // the peak is the process's own: what was reached up to here
      cpuUserMicros: role.cpuUserMicros - (earlier?.cpuUserMicros ?? 0),
      cpuSystemMicros: role.cpuSystemMicros - (earlier?.cpuSystemMicros ?? 0),
      ...(role.contextSwitches === undefined
        ? {}
        : { contextSwitches: role.contextSwitches - (earlier?.contextSwitches ?? 0) }),
      ...(role.role === 'load' && busiest !== undefined ? { busiestMicros: busiest } : {}),
    };
  });
  const link = to.reading.link &&
    from.reading.link && {
      up: minus(to.reading.link.up, from.reading.link.up),
      down: minus(to.reading.link.down, from.reading.link.down),
    };
  const machine =
    from.reading.machine && to.reading.machine && machineBetween(from.reading.machine, to.reading.machine);
  const had = machine && machine.totalMicros - machine.stolenMicros;
  return {
    name,
    durationMicros: Math.round(to.atMicros - from.atMicros),
    resources,
    ...(link ? { link } : {}),
    ...(machine && had ? { machineShare: machine.busyMicros / had, machine } : {}),
  };
}

/** What the worker used that used most. The sum over all says nothing of a single core: four may use a quarter each. */
function busiestOf(from: readonly number[] = [], to: readonly number[] = []): number | undefined {
  return to.length > 0 ? Math.max(...to.map((micros, i) => micros - (from[i] ?? 0))) : undefined;
}

function minus(a: DirectionCounters, b: DirectionCounters): Record<string, number> {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, value - b[name as keyof DirectionCounters]]),
  );
}
