import { type ExitCode, exitCodes } from './exit-codes.js';

/** What a caller may say about a failure beside its message. */
export interface ErrorDetails {
  /** What the user can do about it, as one sentence or one command. */
  hint?: string;
  exitCode?: ExitCode;
  cause?: unknown;
}

/**
 * The only error class thrown on purpose. The message names what was tried
 * ("connect to quic://10.0.0.1:14567"), the hint names the remedy, and the code
 * is stable: match on it, never on the message.
 */
export class MqbenchError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  /** @param code stable, e.g. `MQB_PORT_IN_USE` */
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MqbenchError';
    this.code = code;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? exitCodes.run;
  }
}

/** Bad usage or bad input, exit code 2. */
export const usageError = (code: string, message: string, hint?: string): MqbenchError =>
  new MqbenchError(code, message, { exitCode: exitCodes.usage, hint });

/** This machine cannot do what was asked, exit code 3. @param hint what would make it */
export const machineError = (code: string, message: string, hint?: string): MqbenchError =>
  new MqbenchError(code, message, { exitCode: exitCodes.machine, hint });

/** The message of anything that was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable code of anything that was thrown: ours, or Node's (`ECONNREFUSED`), or `UNKNOWN`. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
