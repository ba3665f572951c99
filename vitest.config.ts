import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/helpers/build.ts'],
    // Native modules (quiche, koffi) and real sockets: processes, not threads, so that one crash names its file.
    pool: 'forks',
    // Two at most: the suites load the machine themselves, and latencies measured beside six others mean nothing.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
