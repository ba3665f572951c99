/** What an exit code says: one table, from which the help of the program and docs/cli.md are made. */
export interface ExitCodeRow {
  readonly code: number;
  readonly says: string;
  /** What docs/cli.md adds. */
  readonly more?: string;
}

/**
 * The exit codes of every command. A missed expectation differs from a crash, and a machine that cannot do something
 * differs from a run that failed.
 */
export const exitCodeTable = {
  fine: { code: 0, says: 'fine' },
  internal: { code: 1, says: 'internal error', more: 'a defect in mqbench' },
  usage: { code: 2, says: 'bad usage or a bad scenario file', more: 'also a host that can be none (`-h "a b"`)' },
  machine: { code: 3, says: 'this machine cannot', more: 'the message says what would make it' },
  run: {
    code: 4,
    says: 'the run failed',
    more: 'a port is in use, a certificate is refused, the name of the broker is not known, or nobody answers there',
  },
  interrupted: { code: 5, says: 'interrupted (what was finished is kept)' },
  expectation: { code: 10, says: 'an expectation was missed' },
  regression: { code: 11, says: 'a regression was found' },
  inconclusive: {
    code: 12,
    says: 'inconclusive (with --require-power)',
    more: 'no regression was found, but these repeats could not have shown one everywhere',
  },
} as const satisfies Readonly<Record<string, ExitCodeRow>>;

type Codes = { readonly [Name in keyof typeof exitCodeTable]: (typeof exitCodeTable)[Name]['code'] };

export const exitCodes = Object.fromEntries(
  Object.entries(exitCodeTable).map(([name, { code }]) => [name, code]),
) as Codes;

export type ExitCode = Codes[keyof Codes];
