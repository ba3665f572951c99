/** Whether objects and lists are more than so many levels deep in each other; looks no deeper, so that no stack ends. */
export function isDeeper(data: unknown, levels: number): boolean {
  if (typeof data !== 'object' || data === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(data)) return data.some((value) => isDeeper(value, levels - 1));
  for (const value of Object.values(data)) if (isDeeper(value, levels - 1)) return true;
  return false;
}
