import { z } from 'zod';
import type { MetricName } from '../metrics/registry.js';
import { agent, amount, cell, doubt, texts, word } from './cell-schema.js';
import { resultSchema, type statistics } from './types.js';

/** Which number of a metric is meant. */
export const numberName = z.object({
  metric: word<MetricName>(),
  /** value: of a metric that is one number per cell. */
  statistic: word<(typeof statistics)[number] | 'value'>(),
  /** The measure window or the event that it is of; undefined: the whole cell. */
  window: z.string().optional(),
  /** The fleet that it is of, where a load has several; undefined: all clients. */
  fleet: z.string().optional(),
});

/** Under which circumstances the numbers came about. */
export const provenance = z.object({
  command: texts,
  mqbench: z.string(),
  /** Of a checkout of mqbench, with `-dirty` where files were changed since; absent: it was installed as a package. */
  commit: z.string().optional(),
  node: z.string(),
  /** Versions of the packages that carry the measurement. */
  packages: z.record(z.string(), z.string()),
  machine: z.object({
    platform: z.string(),
    kernel: z.string(),
    cpu: z.string(),
    cores: amount,
    /** Of a quota on processor time, in processors' worth; absent: none. */
    quotaCores: amount.optional(),
    memoryBytes: amount,
  }),
  seed: z.number(),
  workers: amount,
  /** The machines that the load ran on, where that was not this one. */
  agents: z
    .array(agent.pick({ name: true, host: true, build: true, node: true, cores: true, workers: true }))
    .optional(),
  lab: z.object({ backend: z.string(), description: z.record(z.string(), z.string()) }).optional(),
  /** What clients talked to, where that is not mqbench's own broker alone: its name, or the names. */
  broker: z.string().optional(),
  /** Of brokers in containers, by their names: the image as it was asked for, its id, and what ran it. */
  images: z.record(z.string(), z.object({ name: z.string(), id: z.string(), runtime: z.string() })).optional(),
});

/** One short run of a search. */
export const searchProbe = z.object({
  ratePerSecond: amount,
  held: z.boolean(),
  found: z.string(),
  /** The run itself failed, which says nothing about the rate. */
  failed: z.boolean().optional(),
});

/** The search for the highest publish rate that an arm holds on a network. */
export const search = z.object({
  arm: z.string(),
  network: z.string(),
  /** The highest rate that was held, confirmed; 0: not even the lowest was. */
  ratePerSecond: amount,
  /** The lowest rate above it that was not held, confirmed. Absent: everything up to the highest rate tried was held. */
  missedPerSecond: amount.optional(),
  /** The runs, in order. */
  probes: z.array(searchProbe),
  /** The arm whose runs these are: this one's would have been the same, since the runs of a search have no events. */
  sharedWith: z.string().optional(),
  /** Why the interval is not as sure as it should be: runs that came to no verdict, an edge that was not confirmed. */
  caution: z.string().optional(),
});

export const expectationOutcome = z.object({
  text: z.string(),
  /** unsupported: about an arm only that this machine cannot run; it is neither held nor missed. */
  outcome: z.enum(['held', 'missed', 'no-data', 'unsupported']),
  /** What was found, in words with units. */
  found: z.string(),
});

/** What a run leaves behind; result.json is this. Issues have the path of what is wrong. */
export const resultFile = z
  .object({
    format: z.literal('mqbench-result'),
    schema: z.int().min(1).max(resultSchema),
    scenario: z.object({
      name: z.string(),
      title: z.string(),
      why: z.string().optional(),
      sources: texts.optional(),
      /** The numbers that answer its question, the most important first; absent: outputs choose by what was measured. */
      show: z.array(numberName).optional(),
      /** The scenario as it was run, with all defaults filled in. */
      resolved: z.unknown(),
    }),
    provenance,
    startedAt: z.string(),
    finishedAt: z.string().optional(),
    status: z.enum(['running', 'finished', 'interrupted', 'failed']),
    /** Cells that were planned, as they are listed; those missing in `cells` were not run. In which order they ran, their `startedAt` tells. */
    planned: texts,
    cells: z.array(cell),
    searches: z.array(search).optional(),
    expectations: z.array(expectationOutcome),
    doubts: z.array(doubt),
  })
  .superRefine(({ cells }, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of cells.entries()) {
      if (seen.has(id))
        context.addIssue({ code: 'custom', path: ['cells', index, 'id'], message: `"${id}" is there twice` });
      seen.add(id);
    }
  });
