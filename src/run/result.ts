import { collectProvenance } from '../result/provenance.js';
import { type Result, resultSchema } from '../result/types.js';

/** A result before anything was run. */
export function newResult(
  scenario: Result['scenario'],
  planned: readonly string[],
  provenance: Parameters<typeof collectProvenance>[0],
): Result {
  return {
    format: 'mqbench-result',
    schema: resultSchema,
    scenario,
    provenance: collectProvenance(provenance),
    startedAt: new Date().toISOString(),
    status: 'running',
    planned,
    cells: [],
    expectations: [],
    doubts: [],
  };
}
