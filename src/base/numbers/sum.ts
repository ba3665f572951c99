/** What a number of each adds up to. */
export function sumOf<T>(list: Iterable<T>, of: (one: T) => number): number {
  let sum = 0;
  for (const one of list) sum += of(one);
  return sum;
}
