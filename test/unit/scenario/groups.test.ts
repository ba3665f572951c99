import { expect, it } from 'vitest';
import { messageOf } from '../../../src/base/errors.js';
import { impairmentText } from '../../../src/lab/netem/text.js';
import { readScenario } from '../../../src/scenario/read.js';

// What a link of a scenario takes from tc-netem(8) beside delay, loss and rate: slots, and bytes of the line.

const scenario = (network: string): string => `title: t\narms: [tcp]\nnetwork: ${network}\nload: {}\n`;
const linkOf = (network: string): string => {
  const { networks } = readScenario(scenario(network), 'x.yaml');
  return impairmentText(networks[0]?.profile.up ?? {});
};

it.each([
  ['{ slot: { wait: 15ms, jitter: 5ms, packets: 8, bytes: 12000 } }', 'slot 10000us 20000us packets 8 bytes 12000'],
  [
    '{ rtt: 2ms, slot: { wait: 20ms, jitter: 5ms, distribution: normal } }',
    'delay 1000us slot distribution normal 20000us 5000us',
  ],
  ['{ rate: 5mbit, rateOverhead: { packetBytes: 8, cellBytes: 48, cellOverheadBytes: 5 } }', 'rate 5000000bit 8 48 5'],
  // A named network brings its own rate.
  ['{ profile: 3g, rateOverhead: { packetBytes: 18 } }', 'delay 150000us rate 768000bit 18'],
])('%s', (network, link) => {
  expect(linkOf(network)).toBe(link);
});

it.each([
  ['{ slot: { wait: 5ms, jitter: 6ms } }', /the jitter of a slot is at most its wait/],
  ['{ slot: { jitter: 6ms } }', /wait/],
  ['{ slot: { wait: 5ms, packets: 0 } }', /packets/],
  ['{ rtt: 2ms, rateOverhead: { packetBytes: 8 } }', /rateOverhead needs rate/],
  ['{ rate: 1mbit, rateOverhead: { cellBytes: -1 } }', /cellBytes/],
])('%s is refused', (network, says) => {
  expect(() => linkOf(network)).toThrow();
  try {
    linkOf(network);
  } catch (error) {
    expect(messageOf(error)).toMatch(says);
  }
});
