import type { ExitCode } from '../base/exit-codes.js';

/** Thrown by a command that did its work but must not exit with 0, e.g. when an expectation was missed. */
export class Exit extends Error {
  constructor(readonly code: ExitCode) {
    super(`exit ${code}`);
  }
}
