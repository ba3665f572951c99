import { CommanderError } from 'commander';
import { describe, it } from 'vitest';
import { MqbenchError } from '../../../../src/base/errors.js';
import { readFirstWords } from '../../../../src/cli/first-words.js';
import { loadCommand } from '../../../../src/cli/load/command.js';
import type { LoadCommand } from '../../../../src/cli/load/options/flags.js';
import { loadOptions } from '../../../../src/cli/load/options/options.js';
import { readLine } from '../../../../src/cli/peers/line.js';
import { peerWords } from '../../../../src/cli/peers/words.js';
import { fakeEnvironment } from '../../../helpers/fake-environment.js';
import { fc } from '../../../helpers/properties.js';

const own = Object.values(loadOptions).flatMap(({ flags }) => flags.match(/--?[a-z][\w-]*/gi) ?? []);
// Files are not written here.
const names = [...own, ...peerWords.flatMap((word) => word.names)].filter(
  (name) => !/^--(tickets|load-qst|hook)$/.test(name),
);
const values = [
  'true',
  'false',
  '0',
  '1',
  '10',
  '1k',
  '-1',
  '1e9',
  '10ms',
  'x',
  '',
  'a/%i',
  'mqtt://127.0.0.1:1',
  '127.0.0.1',
  '-',
  '--',
  '=',
  '%{',
  '\u0000',
  '__proto__',
  '1.3',
  'name: x',
];

describe('any command line of a load', () => {
  it('is understood or refused in words', async () => {
    const word = fc.oneof(
      fc.constantFrom(...names),
      fc.constantFrom(...values),
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)).map(([name, value]) => `${name}=${value}`),
      fc.string({ maxLength: 6 }).map((text) => `-${text}`),
    );
    const command = fc.constantFrom<LoadCommand>('conn', 'pub', 'sub', 'pubsub');
    await fc.assert(
      fc.asyncProperty(command, fc.array(word, { maxLength: 8 }), async (name, args) => {
        try {
          readFirstWords([name, ...args]);
          const { argv } = readLine(name, args);
          const made = loadCommand(fakeEnvironment('/nowhere'), name, '', () => Promise.resolve());
          made.configureOutput({ writeOut: () => {}, writeErr: () => {} });
          await made.exitOverride().parseAsync([...argv], { from: 'user' });
        } catch (error) {
          const said = error instanceof CommanderError || (error instanceof MqbenchError && error.exitCode === 2);
          if (!said) throw error;
        }
      }),
      { numRuns: 800, interruptAfterTimeLimit: 4_000 },
    );
  });
});
