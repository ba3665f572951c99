import process from 'node:process';

/** Somewhere to write text to. */
export interface Output {
  write(text: string): void;
  /** A terminal with a person in front of it: progress may rewrite its line, tables may be coloured. */
  readonly isTTY: boolean;
  /** Width in columns; 80 when it is not a terminal. */
  readonly columns: number;
}

/**
 * The outside world as one value. Commands get it as an argument and touch the
 * process in no other way; tests pass their own.
 */
export interface Environment {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The program as it was called, for provenance and hints. */
  readonly command: readonly string[];
  /**
   * Calls back on Ctrl-C (SIGINT), SIGTERM and SIGHUP. The second signal ends the
   * process at once. @returns how to stop listening
   */
  onInterrupt(callback: (signal: string) => void): () => void;
}

/** {@link Environment} of this process. */
export function processEnvironment(): Environment {
  return {
    argv: process.argv.slice(2),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    variables: process.env,
    cwd: process.cwd(),
    command: ['mqbench', ...process.argv.slice(2)],
    onInterrupt: listenForInterrupts,
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // A closed pipe (`mqbench … | head`) is the reader's choice, not a crash.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
  };
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function listenForInterrupts(callback: (signal: string) => void): () => void {
  let seen = 0;
  const onSignal = (signal: string): void => {
    seen++;
    if (seen > 1) process.exit(130); // asked twice: the person does not want to wait for the clean-up
    callback(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
