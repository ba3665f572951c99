/**
 * What a table has under a name that somebody wrote: `constructor` and `__proto__` are words like any other, and not what
 * JavaScript gives every object under them.
 */
export function ownEntry<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The fields of an object that have a value. */
export const definedOf = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
