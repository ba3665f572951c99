import { formatSize } from '../../base/units.js';
import type { Chapter } from './chapter.js';
import { type Content, details, html, type Markup, section, table, words } from './markup.js';

/** Where, when and with what the numbers came about. */
export function provenanceSection({ id, result }: Chapter): Markup {
  const { scenario, provenance, startedAt, finishedAt, status } = result;
  const { mqbench, commit, node, machine, lab, broker } = provenance;
  const rows: Content[][] = [
    ['scenario', `${scenario.name}: ${scenario.title}`],
    ['begun, ended', `${startedAt} – ${finishedAt ?? 'not ended'} (${status})`],
    ['mqbench, Node', `${mqbench}${commit === undefined ? '' : ` (${commit})`}, ${node}`],
    ['packages', pairs(provenance.packages)],
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${formatSize(machine.memoryBytes)}`],
    ['kernel', `${machine.platform} ${machine.kernel}`],
    ['network', lab ? `${lab.backend}; ${pairs(lab.description)}` : 'no lab: loopback or a network of its own'],
    ...(broker === undefined ? [] : [['broker', broker]]),
    ['load workers, seed', `${provenance.workers}, ${provenance.seed}`],
  ];
  const sources = (scenario.sources ?? []).map((source) => html`<br>${link(source)}`);
  return section(
    `${id}-provenance`,
    'Provenance',
    words(table(['', ''], rows)),
    sources.length > 0 ? html`<p>Sources: ${sources}</p>` : undefined,
  );
}

function link(source: string): Content {
  return /^https?:\/\//.test(source) ? html`<a href="${source}" rel="noreferrer">${source}</a>` : source;
}

const pairs = (record: Readonly<Record<string, string>>): string =>
  Object.entries(record)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** The command, and the settings in full. */
export function repeatSection({ id, result: { provenance, scenario } }: Chapter): Markup {
  const command = provenance.command.map(shellWord).join(' ');
  const seed = / --seed\b/.test(command) ? '' : ` --seed ${provenance.seed}`;
  const settings = html`
<pre>${JSON.stringify(scenario.resolved, null, 2)}</pre>`;
  return section(
    `${id}-repeat`,
    'How to repeat it',
    html`<pre>${command}${seed}</pre>
${details('The scenario as it was run, all defaults filled in', settings)}`,
  );
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
