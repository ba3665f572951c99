import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../src/scenario/read.js';
import { planMeant } from '../../helpers/plan-meant.js';

const fromFile = (publish: string, more = '') =>
  readScenario(
    `title: t\narms: [tcp]\nnetwork: none\nload: { clients: 10, duration: 1s, ${more} publish: { topic: t, ${publish} } }\n`,
    'x.yaml',
  ).load.publish;
const fromFlags = async (flags: string) => (await planMeant(`pub -t t -q 1 -F 10 -c 10 ${flags}`)).publish;
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('sizes and intervals that are drawn', () => {
  it.each([
    ['payload: { sizes: { uniform: [100, 1000] } }, rate: 5/s', '--sizes uniform:100,1000 --rate 5'],
    ['payload: { sizes: { fixed: 1KiB } }, rate: 5/s', '--sizes fixed:1KiB --rate 5'],
    ['payload: { sizes: { exponential: 256 } }, rate: 5/s', '--sizes exponential:256 --rate 5'],
    [
      'payload: { sizes: { exponential: { mean: 256, min: 20, max: 1KiB } } }, rate: 5/s',
      '--sizes exponential:256,min=20,max=1KiB --rate 5',
    ],
    ['payload: { sizes: { normal: { mean: 256, deviation: 64 } } }, rate: 5/s', '--sizes normal:256,64 --rate 5'],
    [
      'payload: { sizes: { lognormal: { mean: 256, deviation: 640, max: 64KiB } } }, rate: 5/s',
      '--sizes lognormal:256,640,max=64KiB --rate 5',
    ],
    ['payload: { sizes: { 64: 80, 1KiB: 20 } }, rate: 5/s', '--sizes 64:80,1KiB:20 --rate 5'],
    ['payload: 64, interval: { uniform: [500ms, 2s] }', '-s 64 --intervals uniform:500,2s'],
    ['payload: 64, interval: { 100ms: 80, 5s: 20 }', '-s 64 --intervals 100ms:80,5s:20'],
    ['payload: 64, interval: { fixed: 2s }', '-s 64 --intervals fixed:2s'],
    ['payload: 64, rate: 100/s, arrivals: poisson', '-s 64 --rate 100 --arrivals poisson'],
    ['payload: 64, interval: 1s, arrivals: poisson', '-s 64 --arrivals poisson'],
    ['payload: 64, rate: 100/s, arrivals: even', '-s 64 --rate 100'],
  ])('mean the same in a file and on the command line: %s', async (yaml, flags) => {
    expect(plain(fromFile(yaml))).toEqual(plain(await fromFlags(flags)));
  });

  it('have the rate that their mean comes to', () => {
    expect(fromFile('interval: { uniform: [500ms, 1500ms] }')?.pace).toMatchObject({ perSecond: 10 });
    expect(fromFile('interval: { 100ms: 80, 600ms: 20 }')?.pace).toMatchObject({ perSecond: 50 });
  });

  it.each([
    ['payload: { sizes: { uniform: [1000, 100] } }', /payload\.sizes: uniform ends before it begins/],
    ['payload: { sizes: { 64: 80, 1024: 10 } }', /payload\.sizes: adds up to 90 per cent: it must be 100/],
    ['payload: { sizes: { 64: 100, 1024: 0 } }', /payload\.sizes: has a value with 0 per cent/],
    ['payload: { sizes: { exponential: 0 } }', /payload\.sizes: exponential needs a mean above 0/],
    ['payload: { sizes: { normal: { mean: 5, deviation: 0 } } }', /payload\.sizes: normal needs a deviation above 0/],
    ['payload: { sizes: { normal: { mean: 500, deviation: 5, min: 900 } } }', /next to nothing between its bounds/],
    ['payload: { sizes: { exponential: { mean: 5, min: 9, max: 9 } } }', /has a min that is not below its max/],
    ['payload: { sizes: { exponential: 100MB } }', /payload\.sizes: can come to .* give a max/],
    ['payload: { sizes: { uniforn: [1, 2] } }', /uniforn.*neither a kind/],
    ['payload: { sizes: { ten: 100 } }', /ten.*neither a kind/],
    ['interval: { uniform: [0s, 0s] }', /publish\.interval: must be longer than nothing/],
    [
      'interval: { exponential: 1s }, rate: 5/s',
      /publish\.interval: say how often each client publishes: leave rate out/,
    ],
    ['arrivals: poisson', /publish\.arrivals: poisson are random times at a rate: give rate or interval/],
  ])('are refused in a file: %s', (yaml, says) => {
    expect(() => fromFile(yaml)).toThrow(says);
  });

  it('leave room for the stamp where messages are measured', () => {
    const subscribed = 'subscribe: { topic: t },';
    expect(() => fromFile('payload: { sizes: { exponential: 256 } }', subscribed)).toThrow(
      /payload\.sizes: can come to 0 B, without room for the 20 bytes/,
    );
    expect(() => fromFile('payload: { sizes: { exponential: { mean: 256, min: 20 } } }', subscribed)).not.toThrow();
    expect(() => fromFile('payload: { sizes: { 19: 50, 64: 50 } }', subscribed)).toThrow(/can come to 19 B/);
  });

  it.each([
    ['--sizes uniform:100', /--sizes: "uniform:100" is no distribution/],
    ['--sizes gamma:1,2', /is no distribution/],
    ['--sizes uniform:1,2,min=3', /is no distribution/],
    ['--sizes exponential:256,most=3', /is no distribution/],
    ['--sizes 64:80,128', /is no distribution/],
    ['--sizes uniform:100,ten', /"ten" is not a size/],
    ['--sizes 64:80,128:10', /--sizes adds up to 90 per cent/],
    ['--sizes fixed:64 -s 64', /-s and --sizes both say/],
    ['--sizes fixed:64 -m hello', /--sizes is of payloads of mqbench’s own making, and --message gives one/],
    ['--intervals exponential:1s --rate 5', /--intervals say how often each client publishes: leave --rate out/],
    ['--intervals exponential:1s --closed-loop', /--closed-loop publishes as fast/],
    ['--arrivals poisson --closed-loop', /--arrivals poisson are random times at a rate/],
    ['--arrivals poisson --burst 5', /--burst sends several messages at once/],
  ])('are refused on the command line: %s', async (flags, says) => {
    await expect(fromFlags(flags)).rejects.toThrow(says);
  });
});
