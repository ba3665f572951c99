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
  readonly fix?: string | undefined;
  /** Without it nothing of the kind works at all: `mqbench doctor` ends with exit code 3. */
  readonly essential: boolean;
}

/** Something that mqbench can do without. */
export function finding(what: string, verdict: Verdict, detail: string, fix?: string): Finding {
  return { what, verdict, detail, fix, essential: false };
}

/** What does not work so well where it is not enough. @param so what follows then, behind the detail, with the fix */
export const enough = (
  what: string,
  isEnough: boolean,
  detail: string,
  [so, fix]: readonly [string, string?],
): Finding => (isEnough ? finding(what, 'works', detail) : finding(what, 'limited', detail + so, fix));
