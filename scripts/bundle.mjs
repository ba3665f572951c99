// Makes one file of each program in dist: Node.js loads one file in half of the time that it takes for 250, and every cell
// of a run starts a broker, load workers and a link emulator. Part of `npm run build`, after tsc, whose output it replaces
// for these programs only: what is imported from dist (the library, and by the tests) stays as tsc wrote it.
import { realpathSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = realpathSync(fileURLToPath(new URL('../dist/', import.meta.url)));
const out = join(dist, 'bundle');

/** Programs that others start by the way. */
const roles = [
  'broker/entry',
  'gateway/entry',
  'lab/conntrack/entry',
  'lab/emulator/entry',
  'lab/measure/entry',
  'lab/measure/precise-entry',
  'load/worker/entry',
];

/** Packages that stay packages: with native parts, or with ways of their own to load parts of themselves. */
const external = [/^@matrixai\//, /^@nats-io\//, /^koffi$/, /^hdr-histogram-js/];

/** A module finds its neighbours (scripts, programs, packages) from where it was, not from where the bundle is. */
const ownPlaces = {
  name: 'own-places',
  transform(code, id) {
    if (!id.startsWith(dist) || !code.includes('import.meta.url')) return null;
    return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(relative(out, id))}, import.meta.url).href`);
  },
};

/** What a program imports only when it needs it (a command, certificates, charts) stays a file of its own. */
async function bundle(program, name) {
  const input = join(dist, `${program}.js`);
  const made = await rolldown({ input, platform: 'node', external, plugins: [ownPlaces] });
  await made.write({ dir: out, format: 'esm', entryFileNames: name });
  await made.close();
}

await rm(out, { recursive: true, force: true });
for (const role of roles) {
  const name = `${role.replaceAll('/', '-')}.js`;
  await bundle(role, name);
  const path = join(dist, `${role}.js`);
  await writeFile(path, `import '${relative(dirname(path), join(out, name))}';\n`);
}
await bundle('main', 'main.js');
await writeFile(join(dist, 'main.js'), "#!/usr/bin/env node\nimport './bundle/main.js';\n");
