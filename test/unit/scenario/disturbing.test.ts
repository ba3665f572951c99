import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeScenario } from '../../../src/scenario/describe.js';
import { tooLate } from '../../../src/scenario/disturbing.js';
import { readScenario } from '../../../src/scenario/read.js';

const scenario = (event: string, load = 'deadAfter: 10s, drain: 3s') =>
  readScenario(
    `title: t\narms: [tcp, tls]\nnetwork: { rtt: 1ms }\nload: { duration: 10s, ${load} }\ntimeline: [{ ${event} }]\n`,
    'x.yaml',
  );
const words = (event: string, load?: string) => describeScenario(scenario(event, load)).replaceAll(/\s+/g, ' ');

describe('a run that ends before clients could notice', () => {
  test.each([
    ['at: 4s, do: rebind', 9],
    ['at: 3s, do: blackout, for: 300ms', 9.7],
    ['at: 3s, do: flap, times: 2, down: 1s, up: 1s', 7],
  ])('is told before it runs: %s', (event, seconds) => {
    expect(tooLate(scenario(event)).map(({ leftMicros }) => leftMicros)).toEqual([seconds * 1e6]);
    expect(words(event)).toContain('is shorter than deadAfter (10.0 s): clients that are cut off in silence');
  });

  test.each(['at: 3s, do: rebind', 'at: 4s, do: heal', 'at: 9s, do: cut', 'at: 9s, do: disconnect'])(
    'is not, when there is time or nothing to notice: %s',
    (event) => {
      expect(tooLate(scenario(event))).toEqual([]);
      expect(words(event)).not.toContain('Warning');
    },
  );

  test('is none of those that come with mqbench', () => {
    for (const file of readdirSync('scenarios').filter((name) => name.endsWith('.yaml'))) {
      const text = readFileSync(`scenarios/${file}`, 'utf8');
      for (const quick of [false, true])
        expect([file, ...tooLate(readScenario(text, file, { quick }))]).toEqual([file]);
    }
  });
});

describe('events of one time', () => {
  test.each([
    [
      'at: 3s, do: blackout, for: 300ms }, { at: 3s, do: address-change',
      'Of one time (3.00 s) are blackout, address-change: they begin together. ',
    ],
    [
      'at: 3s, do: rebind }, { at: 3s, do: heal }, { at: 3s, do: udp-open',
      'Of one time (3.00 s) are rebind, heal, udp-open: they begin together; rebind, udp-open change the NAT and follow one another so, each some tens of ms later. ',
    ],
  ])('are told in the plan: %s', (events, says) => {
    expect(words(events, 'deadAfter: 5s, drain: 3s')).toContain(says);
  });

  test.each([
    'at: 3s, do: rebind }, { at: 4s, do: heal',
    'at: 3s, do: rebind, arms: [tcp] }, { at: 3s, do: heal, arms: [tls]',
  ])('are none that no arm has both of: %s', (events) => {
    expect(words(events, 'deadAfter: 5s, drain: 3s')).not.toContain('Of one time');
  });
});
