import type { z } from 'zod';
import type * as cells from './cell-schema.js';
import type * as whole from './schema.js';

/**
 * Raised when a field changes its meaning or goes; readers accept this and older numbers.
 * 2: outcomes and reconnects belong to their event (`EventRecord.metrics`); windows go by due time; percentiles hold what
 * was not finished with its age.
 */
export const resultSchema = 2;

/** What is told of a distribution, in microseconds. */
export const statistics = ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;
export type Statistic = (typeof statistics)[number];

/** What a schema lets through. Nobody changes what was measured. */
type Of<S extends z.ZodType> = Frozen<z.output<S>>;
type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

// What each is and what its fields mean stands at its schema.
export type Distribution = Of<typeof cells.distribution>;
export type MetricSet = Of<typeof cells.metricSet>;
export type Doubt = Of<typeof cells.doubt>;
export type EventRecord = Of<typeof cells.event>;
export type RoleResources = Of<typeof cells.resources>;
export type PhaseUse = Of<typeof cells.phase>;
export type MachineUse = Of<typeof cells.machine>;
export type Timeline = Of<typeof cells.timeline>;
export type LedgerRow = Of<typeof cells.ledgerRow>;
export type Cell = Of<typeof cells.cell>;
export type CellAgent = Of<typeof cells.agent>;
export type ErrorCount = Cell['errors'][number];
export type CellStatus = Cell['status'];

export type NumberName = Of<typeof whole.numberName>;
export type Provenance = Of<typeof whole.provenance>;
export type Search = Of<typeof whole.search>;
export type SearchProbe = Of<typeof whole.searchProbe>;
export type ExpectationOutcome = Of<typeof whole.expectationOutcome>;
export type Result = Of<typeof whole.resultFile>;
