import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import process from 'node:process';
import { runProgram } from '../../src/cli/program.js';
import { fakeEnvironment } from './fake-environment.js';

export interface CliOutcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

/** A command line that runs, in this process or in its own. */
interface Running {
  readonly ended: Promise<CliOutcome>;
  /** Resolves when the text appears on standard output or error; rejects when the command ends before. */
  sees(text: string | RegExp): Promise<void>;
  /** What it has printed so far, standard output first. */
  said(): string;
}

export interface RunningCli extends Running {
  readonly child: ChildProcess;
}

export interface RunningHere extends Running {
  /** What Ctrl-C does. */
  interrupt(): void;
}

interface Where {
  readonly cwd?: string;
  /** Beside the variables of this process. */
  readonly env?: Record<string, string>;
}

interface ProcessOptions {
  readonly timeoutMs?: number;
  /** Default: output is read, and there is no input. */
  readonly stdio?: StdioOptions;
  /** In a group of its own, as a shell starts it. */
  readonly detached?: boolean;
}

/**
 * Starts the real, compiled command line; it is killed after `timeoutMs`. For what only a process can show: signals,
 * exit codes as the system has them, what is left when it is killed. Everything else goes faster by {@link runCli}.
 */
export function startCli(args: readonly string[], options: Where & ProcessOptions = {}): RunningCli {
  const main = new URL('../../dist/main.js', import.meta.url).pathname;
  const began = performance.now();
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
    detached: options.detached,
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  });
  const said = new Said();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => said.add('out', text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.add('err', text));
  const ended = new Promise<CliOutcome>((resolve) => {
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: said.out, stderr: said.err, tookMs: performance.now() - began }),
    );
  });
  return { child, ended, sees: (text) => said.sees(text, ended), said: () => said.all };
}

/** Starts a command line in this process: all of it but the process itself, whose start costs half a second of a core. */
export function startHere(args: readonly string[], options: Where = {}): RunningHere {
  const said = new Said();
  const began = performance.now();
  const interrupts = new Set<(signal: string) => void>();
  const env = fakeEnvironment(options.cwd ?? process.cwd(), { ...process.env, ...options.env } as Record<
    string,
    string
  >);
  const ended = runProgram({
    ...env,
    argv: args,
    command: ['mqbench', ...args],
    stdout: { ...env.stdout, write: (text) => said.add('out', text) },
    stderr: { ...env.stderr, write: (text) => said.add('err', text) },
    onInterrupt: (callback) => {
      interrupts.add(callback);
      return () => interrupts.delete(callback);
    },
  }).then((code): CliOutcome => {
    return { code, signal: null, stdout: said.out, stderr: said.err, tookMs: performance.now() - began };
  });
  const interrupt = (): void => {
    for (const callback of interrupts) callback('SIGINT');
  };
  return { ended, interrupt, sees: (text) => said.sees(text, ended), said: () => said.all };
}

/** Runs a command line to its end, in this process. */
export const runCli = (args: readonly string[], options?: Where): Promise<CliOutcome> => startHere(args, options).ended;

/** What a command line has printed, and who waits for some of it. */
class Said {
  out = '';
  err = '';
  private readonly waiting = new Set<() => void>();

  add(to: 'out' | 'err', text: string): void {
    this[to] += text;
    for (const check of this.waiting) check();
  }

  get all(): string {
    return this.out + this.err;
  }

  sees(text: string | RegExp, ended: Promise<unknown>): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!(typeof text === 'string' ? this.all.includes(text) : text.test(this.all))) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`ended without printing ${text}:\n${this.out}\n${this.err}`)));
    });
  }
}
