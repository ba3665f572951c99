import { type ChildProcess, spawn } from 'node:child_process';

export interface CliOutcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliOutcome>;
  /** Resolves when the text appears on standard output or error; rejects when the process ends before. */
  sees(text: string | RegExp): Promise<void>;
}

/** Starts the real, compiled command line. It is killed after `timeoutMs`. */
export function startCli(
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number; env?: Record<string, string> } = {},
): RunningCli {
  const main = new URL('../../dist/main.js', import.meta.url).pathname;
  const began = performance.now();
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const onText = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onText();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onText();
  });
  const ended = new Promise<CliOutcome>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, tookMs: performance.now() - began }));
  });
  const sees = (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        const all = stdout + stderr;
        if (!(typeof text === 'string' ? all.includes(text) : text.test(all))) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`ended without printing ${text}:\n${stdout}\n${stderr}`)));
    });
  return { child, ended, sees };
}

/** Runs the command line to its end. */
export const runCli = (args: readonly string[], options?: Parameters<typeof startCli>[1]): Promise<CliOutcome> =>
  startCli(args, options).ended;
