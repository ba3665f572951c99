import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MqbenchError } from '../../../../src/base/errors.js';
import { ExpectationMistake } from '../../../../src/expect/expectation.js';
import { parseExpectation } from '../../../../src/expect/parse.js';
import { shippedFolder, shippedScenarios } from '../../../../src/scenario/find.js';
import { readScenario } from '../../../../src/scenario/read.js';
import { fc } from '../../../helpers/properties.js';

const scenario = (more = '', load = 'clients: 1, duration: 10s') =>
  `title: T\narms: [tcp, tls]\nload: {${load}}\n${/^network:/m.test(more) ? '' : 'network: {rtt: 10ms}\n'}${more}`;

/** The message of a refusal; anything but a refusal fails the test. */
function refusal(text: string, set?: readonly string[]): string {
  try {
    readScenario(text, 's.yaml', set === undefined ? {} : { set });
  } catch (error) {
    if (error instanceof MqbenchError && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

const list = (length: number, of: (i: number) => string = (i) => `${i + 1}ms`): string =>
  `[${Array.from({ length }, (_, i) => of(i)).join(', ')}]`;
const bomb = Array.from({ length: 12 }, (_, i) =>
  i === 0 ? 'a0: &a0 [x]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`,
);

describe('what is too large for a scenario', () => {
  const rates = list(100, (i) => `${i + 1}mbit`);
  it.each([
    [
      'cells',
      scenario(`network: {rtt: ${list(299)}, jitter: ${list(30)}, rate: ${rates}}\n`),
      /1794000 cells; at most 1000/,
    ],
    ['repeats', scenario('repeat: 1000\nnetwork: {rtt: [1ms, 2ms, 3ms, 4ms, 5ms, 6ms]}\n'), /12000 cells/],
    ['expectations', scenario(`expect: ${list(2000, () => '"clients.lost == 0"')}\n`), /expect: has 2000 entries/],
    ['bytes', `${scenario()}# ${'x'.repeat(1_000_000)}`, /bytes; a scenario has at most 1000000/],
    ['an expectation', scenario(`expect: ["${'1 + '.repeat(50_000)}1 < rtt"]\n`), /characters; at most 1000/],
    ['brackets of an expectation', scenario(`expect: ["${'('.repeat(400)}1 < rtt"]\n`), /more than 50 brackets/],
    ['events', scenario('timeline: [{do: rebind, at: 1s, every: 1us}]\n'), /more than 10000 events/],
    ['flaps', scenario('timeline: [{do: flap, at: 1s, times: 9000000, down: 1ms, up: 1ms}]\n'), /at most 1000/],
    ['a rate', scenario('', 'clients: 1, publish: {topic: a, rate: 1000000000/s}'), /more than 1000000 a second/],
    ['a round trip', scenario('network: {rtt: 100000m}\n'), /more than 10 minutes/],
    ['a time', scenario('', 'clients: 1, duration: 10000h'), /more than 24 days/],
    ['aliases', `${bomb.join('\n')}\n`, /cannot be read: .*alias/i],
    ['brackets', `${scenario()}why: ${'['.repeat(20_000)}`, /levels|s\.yaml:\d+:\d+/],
    ['levels', `${scenario()}why: ${'['.repeat(50)}${']'.repeat(50)}`, /more than 32 levels/],
  ])('%s: is refused at once', (_, text, message) => {
    const began = performance.now();
    expect(refusal(text)).toMatch(message);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it.each([
    ['repeat=100000', /at most|cells/],
    [`network=${'['.repeat(5000)}`, /levels|Flow|flow/],
    [`why=${'['.repeat(40)}${']'.repeat(40)}`, /more than 32 levels/],
    ['load.publish={topic: a, rate: 1e99}', /rate/],
  ])('--set %s likewise', (set, message) => {
    expect(refusal(scenario(), [set])).toMatch(message);
  });
});

describe('any text', () => {
  const bounded = { numRuns: 400, interruptAfterTimeLimit: 3_000 };
  const files = shippedScenarios().map((name) => readFileSync(`${shippedFolder}${name}.yaml`, 'utf8'));
  const taken = (text: string, set?: readonly string[]): void => {
    try {
      readScenario(text, 's.yaml', set === undefined ? {} : { set });
    } catch (error) {
      if (!(error instanceof MqbenchError) || error.exitCode !== 2) throw error;
    }
  };
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ': ',
      '- ',
      '&a ',
      '*a',
      '\n  ',
      '"',
      '~',
      '1e999',
      '__proto__: ',
      '!!binary ',
      '<<: ',
    ),
  );

  it('as a file is a scenario, or exit code 2', () => {
    const mutated = fc.tuple(fc.constantFrom(...files), fc.nat(), fc.nat(40), piece).map(([text, at, length, by]) => {
      const from = at % text.length;
      return text.slice(0, from) + by + text.slice(from + length);
    });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => taken(text),
      ),
      bounded,
    );
  });

  it('behind --set is a change, or exit code 2', () => {
    const path = fc.constantFrom(
      'load',
      'load.clients',
      'arms',
      'arms[0]',
      'network',
      'expect',
      'timeline',
      'repeat',
      'seed',
      'quick',
      '__proto__',
      'constructor.prototype',
      'load.publish',
    );
    const value = fc.oneof(
      fc.array(piece, { maxLength: 6 }).map((all) => all.join('')),
      fc.json(),
    );
    const set = fc.oneof(
      fc.tuple(path, value).map(([a, b]) => `${a}=${b}`),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(set, { maxLength: 3, minLength: 1 }), (all) => taken(scenario(), all)),
      bounded,
    );
  });

  it('as an expectation is one, or a mistake with its column', () => {
    const token = fc.constantFrom(
      '(',
      ')',
      '+',
      '-',
      '*',
      '/',
      '<',
      '<=',
      '==',
      'rtt',
      '20ms',
      '5%',
      '1e9',
      'publish.ack.p95',
      'tcp.',
      'clients.lost',
      '@',
      '#2',
      '*',
      '.',
      ' ',
      'constructor',
      '__proto__.x',
    );
    const text = fc.oneof(
      fc.array(token, { maxLength: 40 }).map((all) => all.join(' ')),
      fc.array(token).map((all) => all.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (one) => {
        try {
          parseExpectation(one);
        } catch (error) {
          if (!(error instanceof ExpectationMistake)) throw error;
        }
      }),
      { ...bounded, numRuns: 2_000 },
    );
  });
});
