import { formatSize } from '../../base/units.js';
import type { Chapter } from './chapter.js';
import { type Content, html, type Markup, section, table } from './markup.js';

/** Where, when and with what the numbers came about. */
export function provenanceSection({ id, result }: Chapter): Markup {
  const { provenance } = result;
  const { machine, lab } = provenance;
  const rows: Content[][] = [
    ['scenario', `${result.scenario.name}: ${result.scenario.title}`],
    ['begun, ended', `${result.startedAt} – ${result.finishedAt ?? 'not ended'} (${result.status})`],
    [
      'mqbench, Node',
      `${provenance.mqbench}${provenance.commit === undefined ? '' : ` (${provenance.commit})`}, ${provenance.node}`,
    ],
    ['packages', pairs(provenance.packages)],
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${formatSize(machine.memoryBytes)}`],
    ['kernel', `${machine.platform} ${machine.kernel}`],
    ['network', lab ? `${lab.backend}; ${pairs(lab.description)}` : 'no lab: loopback or a network of its own'],
    ['load workers, seed', `${provenance.workers}, ${provenance.seed}`],
  ];
  const sources = result.scenario.sources ?? [];
  return section(
    `${id}-provenance`,
    'Provenance',
    html`<div class="words">${table(['', ''], rows)}</div>`,
    sources.length > 0 ? html`<p>Sources: ${sources.map((source) => html`<br>${link(source)}`)}</p>` : undefined,
  );
}

function link(source: string): Content {
  return /^https?:\/\//.test(source) ? html`<a href="${source}" rel="noreferrer">${source}</a>` : source;
}

function pairs(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** The command, and the settings in full. */
export function repeatSection({ id, result }: Chapter): Markup {
  const command = result.provenance.command.map(shellWord).join(' ');
  const seeded = / --seed\b/.test(command) ? command : `${command} --seed ${result.provenance.seed}`;
  return section(
    `${id}-repeat`,
    'How to repeat it',
    html`<pre>${seeded}</pre>
<details><summary>The scenario as it was run, all defaults filled in</summary>
<pre>${JSON.stringify(result.scenario.resolved, null, 2)}</pre></details>`,
  );
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
