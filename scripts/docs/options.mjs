// Writes the table in docs/scenarios.md of where a scenario says what an option says, from the compiled program.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { between } from './between.mjs';

/** docs/scenarios.md with a row for each field and the options that it is, and one for each option that has none. */
export function withOptionPlaces(page, options, places) {
  const longOf = (key) => `\`${/--(?:no-)?[a-z0-9-]+/.exec(options[key].flags)[0]}\``;
  const groups = new Map();
  for (const [key, { at, why }] of Object.entries(places)) {
    const text = at === undefined ? `none: ${why}` : `\`${at}\``;
    groups.set(text, [...(groups.get(text) ?? []), longOf(key)]);
  }
  const rows = [...groups].map(([text, names]) => `| ${names.join(', ')} | ${text} |`);
  return between(page, 'options', ['| Option | Field of a scenario |', '|---|---|', ...rows]);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { loadOptions } = await import('../../dist/cli/load/options/options.js');
  const { inScenarios } = await import('../../dist/cli/load/options/in-scenarios.js');
  const page = new URL('../../docs/scenarios.md', import.meta.url);
  await writeFile(page, withOptionPlaces(await readFile(page, 'utf8'), loadOptions, inScenarios));
}
