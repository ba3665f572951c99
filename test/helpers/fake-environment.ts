import type { Environment } from '../../src/cli/environment.js';

/** An environment that keeps what a command prints. */
export function fakeEnvironment(
  cwd: string,
  variables: Record<string, string> = {},
): Environment & { out(): string; err(): string } {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    argv: [],
    stdout: { write: (text) => void out.push(text), isTTY: false, columns: 80 },
    stderr: { write: (text) => void err.push(text), isTTY: false, columns: 80 },
    variables,
    cwd,
    command: ['mqbench'],
    onInterrupt: () => () => {},
    out: () => out.join(''),
    err: () => err.join(''),
  };
}
