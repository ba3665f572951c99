/**
 * Says why tests do not run here: a skipped test is counted, but nobody is told its reason.
 * @param reason what is missing and how to get it; undefined when nothing is
 * @returns it
 */
export function tellSkipped(what: string, reason: string | undefined): string | undefined {
  if (reason !== undefined) process.stderr.write(`skipped: ${what}: ${reason}\n`);
  return reason;
}
