import type { Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { readLine } from '../../src/cli/peers/line.js';
import { buildProgram, withBareLast } from '../../src/cli/program.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';

/** Every option of that name, by its command. */
async function optionsNamed(long: string): Promise<Record<string, Option>> {
  const found: Record<string, Option> = {};
  const visit = (command: Command, path: string): void => {
    const option = command.options.find((one) => one.long === long);
    if (option !== undefined) found[path] = option;
    for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim());
  };
  visit(await buildProgram(fakeEnvironment('/')), '');
  return found;
}

const sentences = (options: Readonly<Record<string, Option>>): string[] => [
  ...new Set(Object.values(options).map(({ flags, description }) => `${flags}: ${description}`)),
];

it('--json is one option in all commands that have it', async () => {
  const options = await optionsNamed('--json');
  expect(Object.keys(options)).toEqual([
    ...['conn', 'pub', 'sub', 'pubsub', 'probe', 'agents', 'compare', 'ab', 'lab status', 'lab measure', 'doctor'],
  ]);
  expect(sentences(options)).toEqual([
    '--json [file]: the result as JSON, into this file; without a file, or with -, printed instead of the text',
  ]);
});

it('--set and --only are told in one sentence', async () => {
  expect(sentences(await optionsNamed('--set'))).toEqual([
    '--set <path=value...>: change a value of the file, e.g. load.clients=1000',
  ]);
  const only = await optionsNamed('--only');
  expect(Object.keys(only)).toEqual(['run', 'probe', 'ab']);
  for (const { description } of Object.values(only))
    expect(description).toMatch(
      /^only (cells|questions) whose name contains this, e\.g\. .+; several texts with commas, or the option again/,
    );
});

it('every value comes under the name of its long flag, and what it is read by says what it does not take', async () => {
  const visit = (command: Command): void => {
    for (const { parseArg, long, required, optional } of command.options) {
      if (!parseArg || !(required || optional)) continue;
      try {
        parseArg('no such thing', undefined as never);
      } catch (error) {
        expect((error as Error).message).toContain(`${long}: `);
      }
    }
    for (const child of command.commands) visit(child);
  };
  visit(await buildProgram(fakeEnvironment('/')));
});

it.each([
  ['probe', '--json mqtt://h', 'mqtt://h --json'],
  ['probe', '--only --json mqtt://h', '--only mqtt://h --json'],
  ['probe', '--only mqtt://h -P --json', 'mqtt://h -P --only --json'],
  ['probe', '--only QoS mqtt://h --json r.json', '--only QoS mqtt://h --json r.json'],
  ['lab measure', '--json delay --packets 10', 'delay --packets 10 --json'],
  ['lab measure', '--json - delay', '--json - delay'],
  ['doctor', '--json r', '--json r'],
])('%s %s keeps its argument', (path, line, read) => {
  expect(withBareLast(path, line.split(' ')).join(' ')).toBe(read);
});

it.each([
  ['-t a --json mqtt://h', '-t a mqtt://h --json'],
  ['--json out mqtt://h -t a', '--json out mqtt://h -t a'],
  ['--prometheus mqtt://h -t a', 'mqtt://h -t a --prometheus'],
  ['--json -- mqtt://h', '--json -- mqtt://h'],
])('pub %s keeps the URL', (line, read) => {
  expect(readLine('pub', line.split(' ')).argv.join(' ')).toBe(read);
});
