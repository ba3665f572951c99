/**
 * The exit codes of every command, as one documented list (docs/cli.md shows
 * the same one). A missed expectation differs from a crash, and a machine that
 * cannot do something differs from a run that failed.
 */
export const exitCodes = {
  fine: 0,
  /** A defect in mqbench itself. */
  internal: 1,
  /** Bad usage or a bad scenario file; a host that can be none. */
  usage: 2,
  /** This machine cannot do what was asked; the message says what would make it. */
  machine: 3,
  /** The run failed: port in use, name not known, host unreachable, certificate refused. */
  run: 4,
  /** Interrupted; finished parts of the result are kept. */
  interrupted: 5,
  /** An expectation was missed. */
  expectation: 10,
  /** A regression was found. */
  regression: 11,
  /** No regression was found, but these repeats could not have shown one everywhere, and that was asked for. */
  inconclusive: 12,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
