import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest; what begins last would be waited for alone. */
const longest = [
  'test/lab/backends-agree.test.ts',
  'test/unit/compare/honesty.test.ts',
  'test/unit/cli/compare/compare.test.ts',
  'test/unit/report/html/report.test.ts',
  'test/cli/ends.test.ts',
  'test/cli/ab.test.ts',
  'test/quic/hostile.test.ts',
  'test/cli/run.test.ts',
  'test/docs/commands.test.ts',
  'test/cli/load.test.ts',
  'test/quic/move-answer.test.ts',
  'test/cli/probe.test.ts',
  'test/broker/rabbitmq.test.ts',
  'test/cli/hooks.test.ts',
  'test/quic/interop-go.test.ts',
  'test/browser/report.test.ts',
  'test/broker/session-ids.test.ts',
  // Physics, a queue of its own.
  'test/e2e/experiments.test.ts',
  'test/lab/noticed.test.ts',
  'test/lab/role-killed.test.ts',
  'test/lab/event-outcomes.test.ts',
  'test/lab/timeline.test.ts',
  'test/lab/cli.test.ts',
  'test/lab/event-time.test.ts',
  'test/lab/active-migration.test.ts',
  'test/lab/capture.test.ts',
  'test/truth/round-trips.test.ts',
  'test/lab/captures-printed.test.ts',
];

/**
 * Starts the longest files first, so that the others fill the time beside them, and last those that may share a process,
 * for only neighbours do.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at >= 0 ? at : longest.length + (project.config.isolate ? 0 : 1);
    };
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b));
  }
}
