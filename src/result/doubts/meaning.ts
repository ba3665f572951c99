/** What a doubt says to whoever meets it. */
export interface DoubtMeaning {
  /** What was found, part of a sentence. */
  readonly means: string;
  /** Which numbers it spoils, and which way. */
  readonly spoils: string;
  /** What to change. */
  readonly remedy: string;
}
