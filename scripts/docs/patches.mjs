// Writes the table in docs/broker.md of what stands in the place of parts of aedes, from the compiled program.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { between } from './between.mjs';

/** A row for each entry of the table of src/broker/aedes/patches.ts. */
function rows(patches) {
  return Object.entries(patches).flatMap(([of, parts]) =>
    Object.entries(parts).map(([name, { by, why }]) => {
      const files = by.map((file) => `\`${file}\``).join(', ');
      return `| \`${of}.${name}\` | ${files} | ${why} |`;
    }),
  );
}

/** The page with the table in its place. */
export function withPatches(page, patches) {
  return between(page, 'patches', ['| in the place of | in `src/broker` | why |', '|---|---|---|', ...rows(patches)]);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { patches } = await import('../../dist/broker/aedes/patches.js');
  const page = new URL('../../docs/broker.md', import.meta.url);
  await writeFile(page, withPatches(await readFile(page, 'utf8'), patches));
}
