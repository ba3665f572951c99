import { z } from 'zod';
import { resultSchema } from './types.js';

// A result as it may stand in a file: everything that is shown or compared has its type. Fields that are not known are
// let through, so that a result of a later mqbench with the same schema number can be read.

const finite = z.number();
const amount = z.number().min(0);
/** JSON has no NaN: what was not a number is null. */
const perhaps = z.number().nullable();
const numbers = z.record(z.string(), perhaps);
const texts = z.array(z.string());

const distribution = z
  .looseObject({
    count: z.int().min(0),
    ...Object.fromEntries(
      ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'].map((name) => [name, z.unknown()]),
    ),
    outstanding: amount.optional(),
    atLeast: texts.optional(),
    histogram: z.string(),
  })
  .superRefine((value, context) => {
    for (const name of ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max']) {
      const number = (value as Record<string, unknown>)[name];
      if (typeof number === 'number' ? number >= 0 : number === null && value.count === 0) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'is no number of at least 0' });
    }
  });

const metricSet = z.looseObject({
  distributions: z.record(z.string(), distribution),
  values: numbers,
});

const doubt = z.looseObject({
  code: z.string(),
  metric: z.string().optional(),
  message: z.string(),
  advice: z.string().optional(),
  phase: z.string().optional(),
  window: z.string().optional(),
  statistics: texts.optional(),
});

const link = z.record(z.string(), numbers);

const resources = z.looseObject({
  role: z.string(),
  processes: amount,
  cpuUserMicros: finite,
  cpuSystemMicros: finite,
  busiestMicros: perhaps.optional(),
  peakRssBytes: amount,
  contextSwitches: perhaps.optional(),
});

const phase = z.looseObject({
  name: z.string(),
  durationMicros: amount,
  resources: z.array(resources),
  link: link.optional(),
  linkLateness: z.looseObject({ count: amount, p50: finite, p99: finite, max: finite }).optional(),
  machineShare: perhaps.optional(),
  machine: z.looseObject({ cores: amount, busyMicros: finite, totalMicros: finite }).optional(),
});

const event = z.looseObject({
  name: z.string(),
  atMicros: finite,
  tookMicros: perhaps.optional(),
  metrics: metricSet.optional(),
  proof: z.record(z.string(), z.unknown()),
});

const timeline = z
  .looseObject({
    stepMicros: z.number().gt(0),
    trafficFromMicros: perhaps.optional(),
    series: z.record(z.string(), z.array(perhaps)),
  })
  .superRefine(({ series }, context) => {
    const lengths = new Set(Object.values(series).map((one) => one.length));
    if (lengths.size > 1)
      context.addIssue({ code: 'custom', path: ['series'], message: 'has series of different lengths' });
  });

const ledgerRow = z.looseObject({
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  ...Object.fromEntries(
    ['offered', 'sent', 'resent', 'acknowledged', 'received', 'duplicate', 'disordered', 'missing'].map((name) => [
      name,
      amount,
    ]),
  ),
  verdict: z.enum(['kept', 'broken', 'not-settled', 'nothing-promised', 'no-data']),
});

const cell = z.looseObject({
  id: z.string(),
  arm: z.string(),
  transport: z.string(),
  network: z.looseObject({
    name: z.string(),
    profile: z.record(z.string(), z.unknown()),
    rttMicros: amount,
  }),
  repeat: z.int().min(1),
  status: z.enum(['finished', 'failed', 'interrupted', 'unsupported']),
  error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  startedAt: z.string(),
  durationMicros: amount,
  metrics: metricSet,
  windows: z.record(z.string(), metricSet),
  theoryRoundTrips: numbers,
  ledger: z.array(ledgerRow),
  errors: z.array(z.looseObject({ code: z.string(), message: z.string(), count: amount })),
  link: link.optional(),
  calibration: numbers.optional(),
  events: z.array(event),
  resources: z.array(resources),
  phases: z.array(phase).optional(),
  billed: z.looseObject({ phases: texts, messages: amount }).optional(),
  counters: numbers,
  timeline: timeline.optional(),
  doubts: z.array(doubt),
  notes: texts.optional(),
});

const provenance = z.looseObject({
  command: texts,
  mqbench: z.string(),
  commit: z.string().optional(),
  node: z.string(),
  packages: z.record(z.string(), z.string()),
  machine: z.looseObject({
    platform: z.string(),
    kernel: z.string(),
    cpu: z.string(),
    cores: amount,
    quotaCores: amount.optional(),
    memoryBytes: amount,
  }),
  seed: finite,
  workers: amount,
  lab: z.looseObject({ backend: z.string(), description: z.record(z.string(), z.string()) }).optional(),
});

const search = z.looseObject({
  arm: z.string(),
  network: z.string(),
  ratePerSecond: amount,
  missedPerSecond: amount.optional(),
  probes: z.array(
    z.looseObject({ ratePerSecond: amount, held: z.boolean(), found: z.string(), failed: z.boolean().optional() }),
  ),
  sharedWith: z.string().optional(),
  caution: z.string().optional(),
});

/** A whole result. Its issues have the path of what is wrong. */
export const resultFile = z
  .looseObject({
    format: z.literal('mqbench-result'),
    schema: z.int().min(1).max(resultSchema),
    scenario: z.looseObject({
      name: z.string(),
      title: z.string(),
      why: z.string().optional(),
      sources: texts.optional(),
      show: z
        .array(z.looseObject({ metric: z.string(), statistic: z.string(), window: z.string().optional() }))
        .optional(),
      resolved: z.unknown(),
    }),
    provenance,
    startedAt: z.string(),
    finishedAt: z.string().optional(),
    status: z.enum(['running', 'finished', 'interrupted', 'failed']),
    planned: texts,
    cells: z.array(cell),
    searches: z.array(search).optional(),
    expectations: z.array(
      z.looseObject({
        text: z.string(),
        outcome: z.enum(['held', 'missed', 'no-data', 'unsupported']),
        found: z.string(),
      }),
    ),
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
