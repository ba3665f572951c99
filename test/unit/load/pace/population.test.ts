import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../../../src/load/pace/executors/population.js';
import { globalNumber } from '../../../../src/load/pace/split.js';
import { type ClientStage, clientStagesProblem, clientStagesText } from '../../../../src/plan/stages.js';
import { fc } from '../../../helpers/properties.js';

const whole = { worker: 0, workers: 1 };
const stage = (overMicros: number, toClients: number): ClientStage => ({ overMicros, toClients });

describe('clients that come and go in stages', () => {
  it('come evenly, hold, come at once, and go evenly, the last that came first', () => {
    const steps = stepsOf([stage(4e6, 2), stage(1e6, 2), stage(0, 4), stage(4e6, 0)], 4, whole);
    expect(steps.map(({ at, local, comes }) => [at / 1e6, comes ? local : -local - 1])).toEqual([
      [0, 0],
      [2, 1],
      [5, 2],
      [5, 3],
      [5, -4],
      [6, -3],
      [7, -2],
      [8, -1],
    ]);
  });

  it('are the same however many workers they are shared over, and as many as each stage says', () => {
    const stages = fc.array(
      fc.record({ overMicros: fc.constantFrom(0, 1e6, 3e6), toClients: fc.integer({ min: 0, max: 40 }) }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(stages, fc.integer({ min: 1, max: 4 }), (list, workers) => {
        const all = stepsOf(list, 40, whole).map(({ at, local, comes }) => ({ at, number: local, comes }));
        const shared = Array.from({ length: workers }, (_, worker) => ({ worker, workers })).flatMap((share) =>
          stepsOf(list, 40, share).map(({ at, local, comes }) => ({ at, number: globalNumber(local, share), comes })),
        );
        const key = ({ at, number, comes }: (typeof all)[number]) => `${at} ${number} ${comes}`;
        expect(shared.map(key).sort()).toEqual(all.map(key).sort());
        const there = new Set<number>();
        for (const { number, comes } of all) {
          expect(there.has(number)).toBe(!comes); // nobody comes who is there, or goes who is not
          if (comes) there.add(number);
          else there.delete(number);
        }
        expect(there.size).toBe(list.at(-1)?.toClients);
      }),
    );
  });

  it('are told in words, and what they cannot be', () => {
    expect(clientStagesText([stage(10e6, 500), stage(20e6, 500), stage(0, 1000), stage(10e6, 0)])).toBe(
      'in stages: up to 500 over 10.0 s, 500 for 20.0 s, at once 1,000, down to 0 over 10.0 s',
    );
    expect(clientStagesProblem([stage(1, 5)], 5)).toBeUndefined();
    expect(clientStagesProblem([stage(1, 0)], 5)).toContain('never reach a client');
    expect(clientStagesProblem([stage(1, 6)], 5)).toContain('reach 6 clients, and clients has 5');
    expect(clientStagesProblem([stage(1, 4)], 5)).toContain('say clients: 4');
  });
});
