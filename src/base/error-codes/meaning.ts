/** What an error code says to whoever meets it. */
export interface ErrorMeaning {
  /** What happened, a sentence. */
  readonly means: string;
  /** What it does to the numbers of a run; absent where nothing has been measured by then. */
  readonly spoils?: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What a failed connect does to numbers. */
export const connects =
  'Connects that fail are counted apart, and are in no latency: the percentiles are of those that succeeded.';
