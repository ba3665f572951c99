import { fewSamplesDoubts } from '../../result/doubts/few-samples.js';
import type { Doubt } from '../../result/types.js';
import type { DoubtInput } from './input.js';

/** The whole and every window are judged by their own counts. */
export function fewSamples({ metrics, windows }: DoubtInput): Doubt[] {
  const parts = Object.entries(windows).flatMap(([name, set]) => fewSamplesDoubts(set, name));
  return [...fewSamplesDoubts(metrics), ...parts];
}
