/** What a check came to: works, works less well, does not work, or does not matter because something before it failed. */
export type Verdict = 'works' | 'limited' | 'missing' | 'skipped';

/** One thing mqbench needs or profits from. */
export interface Finding {
  /** What was looked at, e.g. "namespaces". */
  readonly what: string;
  readonly verdict: Verdict;
  /** What was found, and what follows from it. */
  readonly detail: string;
  /** The exact command or change that would help; absent when nothing has to. */
  readonly fix?: string;
  /** Without it nothing of the kind works at all: `mqbench doctor` ends with exit code 3. */
  readonly essential: boolean;
}
