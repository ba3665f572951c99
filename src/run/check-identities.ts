import { MqbenchError, messageOf, usageError } from '../base/errors.js';
import { checkFeeder, type FeederWords } from '../load/feeder/check.js';
import type { LoadPlan } from '../plan/plan.js';
import { planCells } from '../scenario/matrix.js';
import type { PlannedCell, ResolvedScenario } from '../scenario/types.js';
import { keysOf, loadPlans } from './plan.js';

/** In a scenario. */
const words: FeederWords = {
  feeder: 'give one (feeder: file.csv)',
  clients: (count) => `clients: ${count}`,
  username: 'username',
  version5: 'mqttVersion: 5',
};

/**
 * Who the clients of a scenario are, before anything starts: feeders with all their rows, and ids over all fleets.
 * @throws MQB_USAGE with everything that is wrong
 */
export function checkIdentities(scenario: ResolvedScenario): void {
  const kinds = new Map(
    planCells(scenario).map((cell) => [JSON.stringify([cell.load, cell.fleets, cell.arm.tls, cell.arm.ws]), cell]),
  );
  const wrong = new Set([...kinds.values()].flatMap((cell) => problemsOf(cell, scenario)));
  if (wrong.size > 0) throw usageError('MQB_USAGE', [...wrong].join('\n  '));
}

function problemsOf(cell: PlannedCell, { lab }: ResolvedScenario): string[] {
  const loads = cell.fleets ?? [{ name: undefined, load: cell.load }];
  const wrong: string[] = [];
  const owners = new Map<string, string>();
  try {
    keysOf(cell);
  } catch (error) {
    wrong.push(messageOf(error));
  }
  for (const { name, load } of loads) {
    const where = name === undefined ? 'load' : `the fleet ${name}`;
    try {
      const address = { host: '127.0.0.1', port: 1 };
      const server = { addresses: { [cell.arm.transport]: address }, ca: '' };
      const own: PlannedCell = { ...cell, load, fleets: undefined };
      for (const plan of loadPlans(own, lab, server, [])) {
        checkFeeder(plan, words);
        wrong.push(...sharedIds(plan, where, owners));
      }
    } catch (error) {
      const hint = error instanceof MqbenchError ? error.hint : undefined;
      wrong.push(`${where}: ${messageOf(error)}${hint === undefined ? '' : ` (${hint})`}`);
    }
  }
  return wrong;
}

/** Ids that another fleet has: a broker would end the session of one client when the other connects. */
function sharedIds({ feed = [] }: LoadPlan, where: string, owners: Map<string, string>): string[] {
  for (const { id } of feed) {
    const owner = id === undefined ? undefined : owners.get(id);
    if (owner !== undefined) return [`${where}: the feeder has the id "${id}", and ${owner} has it as well`];
    if (id !== undefined) owners.set(id, where);
  }
  return [];
}
