import { resolve } from 'node:path';
import { outputError, writeWhole } from '../../result/whole-file.js';
import type { Environment } from '../environment.js';
import { collect, either, list } from './parsers.js';
import { type FlagsOf, rows } from './rows.js';

// Options that mean the same in every command that has them.

/** `--only`: which of what a command would do, by texts in their names. */
export const onlySays = (things: string, example: string): string =>
  `only ${things} whose name contains this, e.g. ${example}; several texts with commas, or the option again`;

/** Which part of a scenario a command plays, and what it changes in it: alike for `run` and `ab`. */
export const scenarioRows = rows({
  quick: ['--quick', 'the scaled-down variant that the scenario declares'],
  only: ['--only <text>', onlySays('cells', 'quic or @30ms'), either],
  brokers: [
    '--brokers <names>',
    'what the arms are played against: included, brokers that the file describes, or presets (mosquitto, rabbitmq, nats-server, …), with commas',
    list,
  ],
  set: ['--set <path=value...>', 'change a value of the file, e.g. load.clients=1000', collect],
});
export type ScenarioFlags = FlagsOf<typeof scenarioRows>;

export const jsonRow = [
  '--json [file]',
  'the result as JSON, into this file; without a file, or with -, printed instead of the text',
] as const;

export type JsonFlag = string | true | undefined;

/** Whether JSON takes the place of what else would be printed. */
export const isPrinted = (json: JsonFlag): json is true | '-' => json === true || json === '-';

/** Does what `--json` asks for. @throws MQB_OUTPUT */
export async function giveJson(env: Environment, json: JsonFlag, value: unknown): Promise<void> {
  if (json === undefined) return;
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (isPrinted(json)) env.stdout.write(text);
  else await save(resolve(env.cwd, json), text, '--json');
}

/** @param how writes it @param option that named the file @throws MQB_OUTPUT */
export async function save(
  file: string,
  text: string,
  option: string,
  how: (file: string, text: string) => Promise<void> = writeWhole,
): Promise<void> {
  try {
    await how(file, text);
  } catch (error) {
    throw outputError(`write ${file}`, error, { option });
  }
}
