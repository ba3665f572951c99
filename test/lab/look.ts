/** Vitest calls this before all files of the lab, after test/helpers/build.ts: only then there is what it looks with. */
export default async function look(): Promise<void> {
  await (await import('./conditions.js')).look();
}
