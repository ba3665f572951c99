// Who may import whom: the one table. Writes the overrides of biome.json and the table of folders in docs/architecture.md:
//   node scripts/lint/imports.mjs && npx biome format --write biome.json
// test/unit/architecture.test.ts checks that both are what this makes.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

/** The folders of src from the bottom up, what is in each (Markdown), and which of the others it may import. */
export const layers = [
  {
    folder: 'base',
    holds:
      'errors with codes, exit codes, units, seeded random, clock, disposer; `process/` child and role processes, `text/` names and what may be printed',
    imports: [],
  },
  {
    folder: 'metrics',
    holds: 'registry of metrics, histogram recorder, arrivals, event-loop delay, resources',
    imports: ['base'],
  },
  {
    folder: 'transport',
    holds:
      'the contract, addresses; `sockets/` connections over TCP, read and written past the streams of Node by `kernel/`; `tcp/`, `tls/` with certificates, `ws/` side by side; `quic/` the QUIC endpoint: `udp/`, `endpoint/`, `connection/`',
    imports: ['base'],
  },
  {
    folder: 'mqtt',
    holds:
      '`codec/` packets (hot path), `session/` on any duplex, inflight, `stamp/` of payloads, which topics a filter matches',
    imports: ['base', 'transport'],
  },
  {
    folder: 'plan',
    holds: 'what a load is and what of it cannot be, whoever asks for it: the command line or a scenario',
    imports: ['base', 'transport', 'mqtt'],
  },
  { folder: 'result', holds: 'the Result type, provenance, read, write', imports: ['base', 'metrics'] },
  {
    folder: 'expect',
    holds: 'expectations: parsing, what their names mean, judging over a result',
    imports: ['base', 'metrics', 'result'],
  },
  {
    folder: 'lab',
    holds:
      'namespaces, NAT, `netem/` and `emulator/` (a file for each of its `elements/`), `events/` (a file for each of its `kinds/`), `measure/`; usable without the load generator',
    imports: ['base', 'metrics'],
  },
  {
    folder: 'load',
    holds:
      'coordinator of a team of workers; `pace/` schedules, timetables and shares, and `executors/`, one for each kind of work that clients do at set times; `client/`, `tally/` what happens to them, `worker/` process and its loop, `hook/` of the user, `merge/` what workers measured, ledger',
    imports: ['base', 'mqtt', 'transport', 'metrics', 'plan', 'result'],
  },
  {
    folder: 'agents',
    holds:
      'a load on other machines: `channel/` what carries words, over `nats/`; `agent/` the program there, `clock/` how far its clock is, `office/` who was hired, their workers as roles',
    imports: ['base', 'metrics', 'transport', 'plan', 'lab', 'load'],
  },
  {
    folder: 'broker',
    holds:
      'aedes behind any listener ([broker.md](broker.md)), its process; `aedes/` all that touches the inside of aedes, `intake/` what comes in, judged by its `rules/`, `sessions/` what is kept, `delivery/` what goes out, `quic/` streams, datagrams and early data',
    imports: ['base', 'transport', 'metrics', 'mqtt'],
  },
  {
    folder: 'gateway',
    holds:
      'QUIC, TLS and WebSocket in front of a broker that speaks TCP, its process; several QUIC streams on one connection',
    imports: ['base', 'transport', 'metrics', 'mqtt'],
  },
  {
    folder: 'scenario',
    holds:
      'reading, matrix, theory; `language/` the YAML schema, `resolve/` defaults and what fields mean together, `events/` kinds that happen to the fleet',
    imports: ['base', 'metrics', 'transport', 'plan', 'lab', 'expect'],
  },
  { folder: 'compare', holds: '`stats/` (pure) and verdicts', imports: ['base', 'metrics', 'result'] },
  {
    folder: 'report',
    holds: 'one pure renderer per format, a folder each, over the same `rows/` and `words/`',
    imports: ['base', 'metrics', 'result', 'compare'],
  },
  {
    folder: 'doctor',
    holds: 'what this machine can and cannot do, with the fix',
    imports: ['base', 'transport', 'lab'],
  },
  {
    folder: 'probe',
    holds: 'asks a broker what it supports: a check each',
    imports: ['base', 'transport', 'mqtt'],
  },
  {
    folder: 'run',
    holds: 'the engine: puts lab, broker and load together for each cell; `usage/` what that cost',
    imports: [
      'base',
      'metrics',
      'transport',
      'mqtt',
      'plan',
      'result',
      'expect',
      'lab',
      'load',
      'agents',
      'broker',
      'gateway',
      'scenario',
      'doctor',
      'probe',
    ],
  },
];

/** The commands: above all others, they may import everything. */
const top = { folder: 'cli', holds: 'the commands: a file each, a folder each where they have more' };

/** Files of their own beside the folders. */
const entries = [
  { file: 'index.ts', holds: "what `import … from 'mqbench'` gives", imports: ['base', 'transport', 'lab'] },
  { file: 'main.ts', holds: 'the entry; a table of contents', imports: ['cli'] },
];

/** Packages and files that one place alone may import: whatever is known of their inside stays there. */
const owned = [
  {
    owner: 'src/transport/quic/native.ts',
    packages: ['@matrixai/quic', '@matrixai/quic/native/quiche.js', '@matrixai/quic/native/types.js'],
    files: [],
    message: 'Only src/transport/quic/native.ts may import the binding.',
  },
  {
    owner: 'src/broker/aedes/**',
    packages: ['aedes'],
    files: ['**/aedes/inside.js'],
    message: 'Only src/broker/aedes/ may touch aedes; others ask src/broker/aedes/aedes.ts.',
  },
  {
    owner: 'src/agents/nats/**',
    packages: ['@nats-io/transport-node', '@nats-io/nkeys'],
    files: [],
    message: 'Only src/agents/nats/ may import it, and only when a run has agents.',
  },
  {
    owner: 'test/helpers/properties.ts',
    packages: ['fast-check'],
    files: [],
    message: 'Only test/helpers/properties.ts may import it: there its seed is fixed.',
  },
];

const folders = [...layers.map(({ folder }) => folder), top.folder];

/** @param mayOwn those of `owned` that the files may import nevertheless */
function override(includes, patterns, mayOwn) {
  const denied = owned.filter((each) => !mayOwn.includes(each));
  const paths = Object.fromEntries(denied.flatMap(({ packages, message }) => packages.map((name) => [name, message])));
  const files = denied.filter(({ files }) => files.length > 0).map(({ files, message }) => ({ group: files, message }));
  const options = { paths, patterns: [...patterns, ...files] };
  return { includes, linter: { rules: { style: { noRestrictedImports: { level: 'error', options } } } } };
}

/** What a file may not import, as a pattern of the rule. */
function above(name, imports) {
  const denied = folders.filter((folder) => folder !== name && !imports.includes(folder));
  const list = imports.length === 0 ? 'nothing' : imports.join(', ');
  const group = [...denied.map((folder) => `**/${folder}/**`), '**/main.js', '**/index.js'];
  return { group, message: `Imports point one way: ${name} may import ${list} (docs/architecture.md).` };
}

/** The overrides of biome.json that say who may import whom; no file is in two of them. */
export function importOverrides() {
  const below = layers.flatMap(({ folder, imports }) => {
    const within = owned.filter(({ owner }) => owner.startsWith(`src/${folder}/`));
    const patterns = [above(folder, imports)];
    return [
      override([`src/${folder}/**`, ...within.map(({ owner }) => `!${owner}`)], patterns, []),
      ...within.map((each) => override([each.owner], patterns, [each])),
    ];
  });
  return [
    ...below,
    ...entries.map(({ file, imports }) => override([`src/${file}`], [above(file, imports)], [])),
    override([`src/${top.folder}/**`], [], []),
    override(['test/**', '!test/helpers/properties.ts'], [], [owned[1], owned[2]]), // tests look inside of aedes too, and speak to NATS themselves
  ];
}

/** biome.json with these overrides, and behind them those that are about something else. */
export function withOverrides(config) {
  const others = config.overrides.filter(({ linter }) => linter.rules.style?.noRestrictedImports === undefined);
  return { ...config, overrides: [...importOverrides(), ...others] };
}

const begin = '<!-- folders, by scripts/lint/imports.mjs -->';
const end = '<!-- end of folders -->';

/** The page with the table in its place. */
export function withFolders(page) {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/architecture.md has no place for the table: ${begin} … ${end}`);
  const row = (name, holds, imports) => `| \`src/${name}\` | ${holds} | ${imports} |`;
  const listed = (imports) => (imports.length === 0 ? 'nothing' : imports.join(', '));
  const table = [
    '| folder | what is in it | may import |',
    '|---|---|---|',
    ...layers.map(({ folder, holds, imports }) => row(folder, holds, listed(imports))),
    row(top.folder, top.holds, 'everything'),
    ...entries.map(({ file, holds, imports }) => row(file, holds, listed(imports))),
  ];
  return `${page.slice(0, from + begin.length)}\n${table.join('\n')}\n${page.slice(to)}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const root = new URL('../../', import.meta.url);
  const [config, page] = [new URL('biome.json', root), new URL('docs/architecture.md', root)];
  const overridden = withOverrides(JSON.parse(await readFile(config, 'utf8')));
  await writeFile(config, `${JSON.stringify(overridden, null, 2)}\n`);
  await writeFile(page, withFolders(await readFile(page, 'utf8')));
}
