import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { isatty } from 'node:tty';
import { printable } from '../base/text/printable.js';

/** Somewhere to write text to. */
export interface Output {
  /** In a command nothing in it commands the terminal, whoever it came from: see {@link guarded}. */
  write(text: string): void;
  /** Text that may: control sequences of our own, and nothing else. */
  draw?(text: string): void;
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
   * Calls back on the first of Ctrl-C (SIGINT), SIGTERM and SIGHUP; those that follow change nothing, but for a second
   * Ctrl-C, which ends the process at once. To be listened for until all results are written.
   * @param every calls back on every signal instead, and ends nothing: they are for somebody else
   * @returns how to stop listening
   */
  onInterrupt(callback: (signal: string) => void, every?: 'every'): () => void;
}

/**
 * An environment whose outputs show what would command a terminal as text. This is the one place that all commands print
 * through, so that nothing that a broker or a file says needs to be trusted anywhere else.
 */
export function guarded(env: Environment): Environment {
  return { ...env, stdout: guardedOutput(env.stdout), stderr: guardedOutput(env.stderr) };
}

function guardedOutput(output: Output): Output {
  return {
    write: (text) => output.write(printable(text)),
    draw: (text) => draw(output, text),
    isTTY: output.isTTY,
    get columns() {
      return output.columns;
    },
  };
}

/** Writes control sequences of our own: they move the cursor or colour text that has been made printable before. */
export function draw(output: Output, text: string): void {
  if (output.draw === undefined) output.write(text);
  else output.draw(text);
}

/** {@link Environment} of this process. */
export function processEnvironment(): Environment {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => replaceLost(terminals));
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

/**
 * What cannot be written is dropped: the reader of a pipe has gone (`mqbench … | head`, EPIPE), the terminal was closed
 * (EIO), a log fills the disk (ENOSPC). None of these is a reason to lose what is measured and goes into files.
 */
export function outputOf(stream: NodeJS.WriteStream): Output {
  stream.on('error', () => {});
  return {
    write: (text) => {
      try {
        stream.write(text);
      } catch {
        // A stream onto a file throws where others have an error event.
      }
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80; // a terminal whose size nobody has set has 0
    },
  };
}

/**
 * When it ends, Node sets terminals back to what they were, and aborts where one has gone meanwhile, which hides the exit
 * code. The null device in its place needs nothing set back.
 */
function replaceLost(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    closeSync(fd);
    openSync('/dev/null', 'r+'); // takes the lowest number that is free, which is this one
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One press of Ctrl-C may arrive twice, from the terminal and from the program that started this one (npx). */
const secondPressMillis = 500;

/**
 * A terminal that goes away sends SIGHUP, and the shell in it once more; CI servers send SIGINT and then SIGTERM. Only who
 * sits at the keyboard and presses Ctrl-C again does not want to wait until all is written.
 */
function listenForInterrupts(callback: (signal: string) => void, every?: 'every'): () => void {
  let first: number | undefined;
  const onSignal = (signal: string): void => {
    if (first === undefined || every) {
      first ??= performance.now();
      callback(signal);
    } else if (signal === 'SIGINT' && performance.now() - first > secondPressMillis) {
      process.exit(130);
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    if (first !== undefined) return; // what was asked for is being done: a further signal must not break it off
    for (const signal of signals) process.off(signal, onSignal);
  };
}
