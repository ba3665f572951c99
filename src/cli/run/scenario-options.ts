import type { Command } from 'commander';
import { either } from '../parsers.js';

/** Which part of a scenario a command plays, and what it changes in it: alike for `run` and `ab`. */
export interface ScenarioFlags {
  quick?: boolean;
  only?: string;
  set?: string[];
}

export function addScenarioOptions(command: Command): Command {
  return command
    .option('--quick', 'the scaled-down variant that the scenario declares')
    .option(
      '--only <text>',
      'only cells whose name contains this, e.g. quic or @30ms; several texts with commas, or the option again',
      either,
    )
    .option('--set <path=value...>', 'change a value of the file, e.g. load.clients=1000');
}
