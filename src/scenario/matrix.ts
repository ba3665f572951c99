import { Random } from '../base/random.js';
import type { PlannedCell, ResolvedScenario } from './types.js';

/**
 * All cells in the order of the run: per repeat and network the arms follow one
 * another (A B C, A B C, …), so that a slow drift of the machine meets all of
 * them alike.
 */
export function planCells(scenario: ResolvedScenario): PlannedCell[] {
  const random = new Random(scenario.seed);
  const cells: PlannedCell[] = [];
  for (let repeat = 1; repeat <= scenario.repeat; repeat++) {
    for (const { network, load } of conditions(scenario)) {
      const seed = random.uint32();
      for (const arm of scenario.arms) {
        cells.push({ id: cellId(arm.name, network.name, repeat), arm, network, load, repeat, seed });
      }
    }
  }
  return scenario.only === undefined ? cells : cells.filter((cell) => isWanted(cell.id, scenario.only as string));
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
