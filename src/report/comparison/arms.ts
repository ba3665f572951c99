import { type ArmRow, compareArms } from '../../compare/compare.js';
import { label } from '../../compare/judged.js';
import type { JudgedStatistic } from '../../compare/types.js';
import type { NumberName, Result } from '../../result/types.js';

/** A number that repeats are compared by. */
export type ComparedNumber = NumberName & { readonly statistic: JudgedStatistic };

const compared: readonly string[] = ['p50', 'p95', 'p99', 'value'] satisfies readonly JudgedStatistic[];

export const isCompared = (name: NumberName): name is ComparedNumber => compared.includes(name.statistic);

/**
 * How arms differ from the reference in some numbers, all of one family: p is corrected for everything that is shown.
 * @returns the difference of one of the numbers, by arm and network
 */
export function armDifferences(
  result: Result,
  [reference, others]: readonly [reference: string, others: readonly string[]],
  numbers: readonly ComparedNumber[],
  resamples: number,
): (arm: string, network: string, number: NumberName) => ArmRow | undefined {
  const places = new Map(numbers.map(({ window, fleet }) => [placeOf({ window, fleet }), { window, fleet }]));
  const requests = [...places].map(([place, where]) => {
    const here = numbers.filter((one) => placeOf(one) === place);
    return { ...where, only: [...new Set(here.map((one) => label(one.metric, one.statistic)))] };
  });
  const found = new Map<string, ArmRow>();
  for (const row of compareArms(result, reference, others, requests, { resamples }))
    found.set(keyOf(row.arm, row.cell, row), row);
  return (arm, network, number) => found.get(keyOf(arm, network, number));
}

function keyOf(
  arm: string,
  network: string,
  { metric, statistic, ...place }: Omit<NumberName, 'statistic'> & { readonly statistic: string },
): string {
  return JSON.stringify([arm, network, metric, statistic, placeOf(place)]);
}

const placeOf = ({ window, fleet }: Pick<NumberName, 'window' | 'fleet'>): string => JSON.stringify([window, fleet]);
