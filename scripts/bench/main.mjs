// Runs the groups one after the other and prints one table.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import Table from 'cli-table3';

const groups = {
  connects: () => import('./connects.mjs').then((m) => m.connects()),
  throughput: () => import('./throughput.mjs').then((m) => m.throughput()),
  steady: () => import('./steady.mjs').then((m) => m.steady()),
  messages: () => import('./messages.mjs').then((m) => m.messages()),
  recording: () => import('./recording.mjs').then((m) => m.recording()),
  emulator: () => import('./emulator.mjs').then((m) => m.emulator()),
  holding: () => import('./holding.mjs').then((m) => m.holding()),
};
/** Run only when named: 4 minutes, and a gigabyte or two of memory. */
const onlyWhenNamed = ['holding'];

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const asked = option('--only')?.split(',') ?? Object.keys(groups).filter((name) => !onlyWhenNamed.includes(name));
const unknown = asked.filter((name) => !(name in groups));
if (unknown.length > 0) {
  process.stderr.write(`${`no such group: ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`}\n`);
  process.exit(2);
}

const rows = [];
for (const name of asked) {
  process.stderr.write(`${name} …\n`);
  try {
    rows.push(...(await groups[name]()));
  } catch (error) {
    rows.push({ what: name, unit: '', target: Number.NaN, reached: Number.NaN, note: error.hint ?? error.message });
  }
}

const number = (value, unit) => {
  if (!Number.isFinite(value)) return '-';
  return `${value >= 1000 ? Math.round(value).toLocaleString('en-US') : Number(value.toPrecision(3))}${unit === '/s' ? '' : ' '}${unit}`;
};
const met = ({ target, reached, least }) => (least ? reached >= target : reached <= target);
const verdict = (row) => (Number.isFinite(row.reached) ? (met(row) ? 'yes' : 'NO') : '-');
const table = new Table({ head: ['what', 'target', 'reached', 'met', ''], style: { head: [], border: [] } });
for (const row of rows) {
  const sign = row.least ? '>=' : '<=';
  table.push([
    row.what,
    `${sign} ${number(row.target, row.unit)}`,
    number(row.reached, row.unit),
    verdict(row),
    row.note,
  ]);
}
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
let commit = 'unknown';
try {
  commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
} catch {
  // not a checkout
}
process.stdout.write(`${table.toString()}\n`);
process.stdout.write(
  `${`${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit}; ${machine}; loopback`}\n`,
);
const file = option('--json');
if (file !== undefined)
  writeFileSync(file, `${JSON.stringify({ machine, commit, at: new Date().toISOString(), rows }, null, 2)}\n`);
