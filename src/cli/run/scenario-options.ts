import { type FlagsOf, rows } from '../option-rows.js';
import { collect, either } from '../parsers.js';
import { onlySays } from '../shared-options.js';

/** Which part of a scenario a command plays, and what it changes in it: alike for `run` and `ab`. */
export const scenarioRows = rows({
  quick: ['--quick', 'the scaled-down variant that the scenario declares'],
  only: ['--only <text>', onlySays('cells', 'quic or @30ms'), either],
  set: ['--set <path=value...>', 'change a value of the file, e.g. load.clients=1000', collect],
});
export type ScenarioFlags = FlagsOf<typeof scenarioRows>;
