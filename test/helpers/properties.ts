import fc from 'fast-check';

/**
 * Properties are tried with the same inputs each time, so that a run of the suite says something of the code and not of
 * its luck. To look for rare inputs by hand, try others: `MQBENCH_TEST_SEED=7 npx vitest run test/unit` (a whole number;
 * `MQBENCH_TEST_RUNS` is how many inputs a property gets that does not say so itself, default 100). An input that is
 * found is kept as one of the `examples` of its property.
 */
fc.configureGlobal({
  seed: Number(process.env.MQBENCH_TEST_SEED ?? 1),
  numRuns: Number(process.env.MQBENCH_TEST_RUNS ?? 100),
});

export { fc };
