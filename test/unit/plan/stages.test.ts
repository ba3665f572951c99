import { describe, expect, it } from 'vitest';
import { parseStages, stagesProblem, stagesText } from '../../../src/plan/stages.js';

describe('stages on a command line', () => {
  it('are a time and the rate at its end each', () => {
    expect(parseStages('10s:1k, 30s:1000/s,0s:200,500ms:0')).toEqual([
      { overMicros: 10e6, toPerSecond: 1000 },
      { overMicros: 30e6, toPerSecond: 1000 },
      { overMicros: 0, toPerSecond: 200 },
      { overMicros: 500_000, toPerSecond: 0 },
    ]);
  });

  it('are told in words: up, hold, step, down', () => {
    expect(stagesText(parseStages('10s:1k,30s:1k,0s:200,30s:200,10s:0'))).toMatchInlineSnapshot(
      `"in stages: up to 1,000/s over 10.0 s, 1,000/s for 30.0 s, at once 200/s, 200/s for 30.0 s, down to 0/s over 10.0 s"`,
    );
  });

  it.each(['', '10s', '10s:', ':5', '10:5', '10s:x', '10s:-1', '10s:5,', '10s:2000000'])('%j is none', (text) => {
    expect(() => parseStages(text)).toThrow(/MQB_BAD_UNIT|is not a|more than/);
  });

  it('that publish nothing, or take no time, are none', () => {
    expect(stagesProblem(parseStages('10s:0'))).toBe('never reach a rate: nothing would be published');
    expect(stagesProblem(parseStages('0s:10'))).toBe('take no time: give a rate instead');
    expect(stagesProblem(parseStages('1s:10'))).toBeUndefined();
  });
});
