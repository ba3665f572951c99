import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../src/scenario/read.js';
import { planMeant } from '../../helpers/plan-meant.js';

const fromFile = (reconnect: string) =>
  readScenario(`title: t\narms: [tcp]\nnetwork: none\nload: { duration: 1s, reconnect: ${reconnect} }\n`, 'x.yaml').load
    .reconnect;
const fromFlags = async (flags: string) => (await planMeant(`conn ${flags}`)).reconnect;

describe('how clients come back', () => {
  it.each([
    [
      '{ policy: full-jitter, first: 100ms, max: 5s, tries: 3 }',
      '--reconnect-policy full-jitter --reconnect-first 100 --reconnect-max 5s',
    ],
    ['{ policy: fixed, first: 10s, tries: 3 }', '--reconnect-policy fixed --reconnect-first 10s'],
    ['{ policy: decorrelated, tries: 3 }', '--reconnect-policy decorrelated'],
    ['{ max: 100ms, tries: 3 }', '--reconnect-max 100ms'],
    ['{ tries: 3 }', ''],
  ])('is the same in a file and on the command line: %s', async (yaml, flags) => {
    const { connectTries, ...plan } = (await fromFlags(`--reconnect 3 ${flags}`)) ?? {};
    expect(plan).toEqual(fromFile(yaml));
  });

  it('is not at all with policy none, as with false', async () => {
    expect(fromFile('{ policy: none }')).toBeUndefined();
    expect(fromFile('false')).toBeUndefined();
    expect(await fromFlags('--reconnect-policy none')).toBeUndefined();
  });

  it('has waits that fit together: where only one is written, the other gives way', () => {
    expect(fromFile('{ first: 10s }')).toEqual({ firstMicros: 10e6, maxMicros: 10e6 });
    expect(fromFile('{ max: 100ms }')).toEqual({ firstMicros: 100_000, maxMicros: 100_000 });
  });

  it.each([
    [
      '{ policy: none, first: 1s, max: 2s }',
      /reconnect\.first: is a wait of clients that come back.*\n.*reconnect\.max: is a wait/,
    ],
    ['{ policy: fixed, max: 2s }', /reconnect\.max: means nothing with reconnect\.policy fixed/],
    ['{ first: 3s, max: 2s }', /reconnect\.max: must not be shorter than reconnect\.first/],
    ['{ policy: decorrelated, first: 0s }', /reconnect\.first: 0 stays 0/],
    ['{ policy: jitter }', /policy/],
    ['{ tries: 0 }', /tries/],
  ])('is refused in a file: %s', (yaml, says) => {
    expect(() => fromFile(yaml)).toThrow(says);
  });

  it.each([
    ['--reconnect-policy full-jitter', /--reconnect-policy says how clients come back, and --reconnect 0 lets none/],
    ['--reconnect-first 1s --reconnect-max 2s', /--reconnect-first and --reconnect-max say how clients come back/],
    ['--reconnect 3 --reconnect-policy none', /--reconnect-policy none, and --reconnect 3 has clients dial again/],
    ['--stay 5s --reconnect-policy none', /--reconnect-policy none, and --stay has clients dial again/],
    [
      '--reconnect 3 --reconnect-policy fixed --reconnect-max 2s',
      /--reconnect-max means nothing with --reconnect-policy fixed/,
    ],
    ['--reconnect 3 --reconnect-policy ful-jitter', /is none of none, fixed, equal-jitter/],
  ])('is refused on the command line: %s', async (flags, says) => {
    await expect(fromFlags(flags)).rejects.toThrow(says);
  });
});
