import type { KnownNames } from '../../expect/expectation.js';
import { rateOf } from '../../plan/plan.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ScenarioInput, SearchInput } from '../language/schema.js';
import type { ResolvedScenario, ResolvedSearch } from '../types.js';
import { wrongExpectations } from './expectations.js';

/** What is searched before the cells. @param known what expectations of the scenario may name */
export function resolveSearch(
  { from, to, hold: written, duration, steps, share, fleet }: SearchInput,
  input: ScenarioInput,
  { fleets }: Pick<ResolvedScenario, 'fleets'>,
  { possible, fleets: knownFleets }: KnownNames,
  mistakes: Mistakes,
): ResolvedSearch {
  if (to <= from) mistakes.add(['search', 'to'], 'must be more than from');
  if (share <= 0) mistakes.add(['search', 'share'], 'must be more than nothing');
  if (duration < 1_000_000) mistakes.add(['search', 'duration'], 'a rate cannot be judged in less than 1s');
  const wrong = (says: string): void => mistakes.add(['search'], says, true);
  if (fleets === undefined) checkLoad(input, fleet, wrong, mistakes);
  else checkFleets(input, fleets, fleet, wrong, mistakes);
  const ofOneRun = possible && { ...possible, disturbed: false, search: false };
  const known = {
    ...{ arms: [], networks: [], windows: [], events: [], possible: ofOneRun },
    fleets: knownFleets?.map(({ name, possible: own }) => ({
      name,
      possible: own && { ...own, disturbed: false, search: false },
    })),
  };
  const hold = written ?? [...usualHold, ...ofFleet(fleet).filter((one) => wrongExpectations([one], known).size === 0)];
  for (const [index, { message }] of wrongExpectations(hold, known)) mistakes.add(['search', 'hold', index], message);
  return { fromRate: from, toRate: to, hold, trafficMicros: duration, steps, share, fleet };
}

const usualHold = ['publish.ack.p99 < 1s', 'rate.achieved > 0.9 * rate.offered'];

/** Of a cell alone a small fleet could fall behind beside large ones, and nobody would see it. */
const ofFleet = (name: string | undefined): string[] =>
  name === undefined ? [] : [`${name}.publish.ack.p99 < 1s`, `${name}.rate.achieved > 0.9 * ${name}.rate.offered`];

type Wrong = (says: string) => void;

function checkLoad({ load }: ScenarioInput, fleet: string | undefined, wrong: Wrong, mistakes: Mistakes): void {
  if (fleet !== undefined) mistakes.add(['search', 'fleet'], 'is one of several fleets, and the load is one', true);
  if (!load.publish) wrong('searches a publish rate, but load has no publish');
  if (load.publish?.topics) wrong('searches one rate, and load.publish.topics have each their own');
  if (load.publish?.stages) wrong('searches one rate, but load.publish has stages');
}

/** Fleets whose rates are searched need a rate, or nobody could say what a share of it is. */
function checkFleets(
  { fleets: inputs = [] }: ScenarioInput,
  fleets: NonNullable<ResolvedScenario['fleets']>,
  named: string | undefined,
  wrong: Wrong,
  mistakes: Mistakes,
): void {
  const names = fleets.map(({ name }) => name).join(', ');
  if (named !== undefined && !fleets.some(({ name }) => name === named)) {
    mistakes.add(['search', 'fleet'], `no fleet is called "${named}"; there are: ${names}`);
    return;
  }
  const meant = fleets.filter(({ name, load }) => (named === undefined ? load.publish !== undefined : name === named));
  if (meant.length === 0) wrong('searches a publish rate, but no fleet publishes');
  for (const { name, load } of meant) {
    const publish = inputs.find((one) => one.name === name)?.publish;
    if (load.publish === undefined) wrong(`searches a publish rate, but the fleet ${name} publishes nothing`);
    else if (publish?.topics) wrong(`searches one rate, and the topics of the fleet ${name} have each their own`);
    else if (publish?.stages) wrong(`searches one rate, but the fleet ${name} has stages`);
    else if (named === undefined && rateOf(load) === undefined)
      wrong(
        `keeps the shares of all rates, and the fleet ${name} publishes as fast as it is acknowledged: give it a rate, or say with fleet whose rate is searched`,
      );
  }
}
