// Writes the tables of events in docs/scenarios.md and docs/lab.md from the compiled program.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { between } from './between.mjs';

const fieldText = ({ name, choices, description }) =>
  `\`${name}\`${choices ? ` (${choices.join(', ')})` : ''}: ${description}`;

/** docs/scenarios.md with a row for each kind of event that a timeline can have. */
export function withTimelineEvents(page, kinds) {
  const rows = kinds.map(({ kind, description, fields }) => {
    const own = Object.values(fields).map(fieldText);
    return `| \`${kind}\` | ${description} | ${own.join(' ')} |`;
  });
  return between(page, 'events', ['| `do` | What happens | Further fields |', '|---|---|---|', ...rows]);
}

/** docs/lab.md with a row for each kind of event of the network. @param usages of each kind, as it is typed */
export function withLabEvents(page, kinds, usages) {
  const rows = kinds.map(({ description }, i) => `| \`${usages[i].replaceAll('|', '\\|')}\` | ${description} |`);
  return between(page, 'events', ['| Event | What happens |', '|---|---|', ...rows]);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { labKinds } = await import('../../dist/lab/events/kinds.js');
  const { usageOf } = await import('../../dist/lab/events/words.js');
  const { eventKinds } = await import('../../dist/scenario/events/kinds.js');
  const pages = [new URL('../../docs/scenarios.md', import.meta.url), new URL('../../docs/lab.md', import.meta.url)];
  const [scenarios, lab] = await Promise.all(pages.map((page) => readFile(page, 'utf8')));
  await writeFile(pages[0], withTimelineEvents(scenarios, eventKinds));
  await writeFile(pages[1], withLabEvents(lab, labKinds, labKinds.map(usageOf)));
}
