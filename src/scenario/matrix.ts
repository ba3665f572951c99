import { Random } from '../base/numbers/random.js';
import { included } from './brokers/presets.js';
import type { PlannedCell, ResolvedArm, ResolvedScenario } from './types.js';

/**
 * All cells, in the order in which they are listed: per repeat and network the arms as the scenario names them. They
 * run in the order of {@link runOrder}.
 */
export function planCells(scenario: ResolvedScenario): PlannedCell[] {
  const random = new Random(scenario.seed);
  const cells: PlannedCell[] = [];
  for (let repeat = 1; repeat <= scenario.repeat; repeat++) {
    for (const { network, load } of conditions(scenario)) {
      const seed = random.uint32();
      for (const arm of scenario.arms) {
        const { fleets } = scenario;
        const id = cellId(arm.name, network.name, repeat);
        cells.push({ id, arm, network, load, ...(fleets && { fleets }), repeat, seed });
      }
    }
  }
  return scenario.only === undefined ? cells : cells.filter((cell) => isWanted(cell.id, scenario.only as string));
}

/**
 * The cells in the order of the run. Per repeat and network the arms follow one another, so that a slow drift of the
 * machine meets all of them alike; and which of them is first, and who comes after whom, goes round, so that no arm
 * always has what the one before it left behind. The order is a row of a Williams design: over its n rows (2n when n is
 * odd) each of n arms has each place equally often, and each other arm right before it equally often. The row moves
 * on with every network and every repeat, from the one that the seed gives: `ab` counts its seed up from round to
 * round. What is left out (--only) does not count.
 */
export function runOrder(
  cells: readonly PlannedCell[],
  { seed, networks, loads }: Pick<ResolvedScenario, 'seed' | 'networks' | 'loads'>,
): PlannedCell[] {
  const compared = new Map<string, PlannedCell[]>();
  for (const cell of cells) {
    const key = comparisonOf(cell);
    compared.set(key, [...(compared.get(key) ?? []), cell]);
  }
  const perRepeat = networks.length * (loads?.length ?? 1);
  return [...compared.values()].flatMap((arms, index) => {
    // From repeat to repeat a network moves on by one row, whatever the number of networks.
    const row = seed - 1 + (index % perRepeat) + ((arms[0]?.repeat ?? 1) - 1);
    return williamsRow(arms.length, row).map((place) => arms[place] as PlannedCell);
  });
}

/** What cells are played against, by name; empty where that is mqbench's own broker alone. */
export function brokersOf(cells: readonly PlannedCell[]): ReadonlyMap<string, ResolvedArm['broker']> {
  const brokers = new Map(cells.map(({ arm: { broker } }) => [broker?.name ?? included, broker]));
  return brokers.size === 1 && brokers.has(included) ? new Map() : brokers;
}

/** Cells with the same are compared with one another: one network in one repeat. */
export const comparisonOf = (cell: { readonly network: { readonly name: string }; readonly repeat: number }): string =>
  `${cell.network.name}#${cell.repeat}`;

/**
 * A row of a Williams design for n treatments: 0 … n-1 in an order. Rows repeat after n, or after 2n when n is odd.
 * The first is 0, 1, n-1, 2, n-2, …; each next one adds 1 to every place, and the second n are mirrored.
 */
export function williamsRow(n: number, row: number): number[] {
  if (n === 0) return [];
  const first = Array.from({ length: n }, (_, place) => (place % 2 === 1 ? (place + 1) / 2 : (n - place / 2) % n));
  const turn = ((row % (2 * n)) + 2 * n) % (2 * n);
  const order = first.map((treatment) => (treatment + turn) % n);
  return n % 2 === 1 && turn >= n ? order.reverse() : order;
}

/** Everything that arms are compared under: networks, times the variants of the load. */
export function conditions(
  scenario: Pick<ResolvedScenario, 'networks' | 'load' | 'loads'>,
): Pick<PlannedCell, 'network' | 'load'>[] {
  const { networks, load, loads } = scenario;
  if (!loads) return networks.map((network) => ({ network, load }));
  return networks.flatMap((network) =>
    loads.map((variant) => ({ network: { ...network, name: `${network.name}+${variant.name}` }, load: variant.load })),
  );
}

const isWanted = (id: string, only: string): boolean => only.split(',').some((text) => id.includes(text.trim()));

/** `tls@30ms`, and `tls@30ms#2` from the second repeat on. */
export function cellId(arm: string, network: string, repeat: number): string {
  return `${arm}@${network}${repeat > 1 ? `#${repeat}` : ''}`;
}
