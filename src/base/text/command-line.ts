/**
 * A command line as a list: words, and words in quotes. Nothing is expanded, no shell is asked. Undefined: there is no word,
 * or a quote that is not closed.
 */
export function commandWords(text: string): string[] | undefined {
  const found = [...text.matchAll(/\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/gy)];
  const read = found.map(([whole]) => whole).join('');
  if (found.length === 0 || text.slice(read.length).trim() !== '') return undefined;
  return found.map(([, double, single, bare]) => double ?? single ?? (bare as string));
}
