// Writes the table of settings in docs/quic.md from the compiled program.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { between } from './between.mjs';

/** docs/quic.md with a row for each setting, and by which option and field it can be set. */
export function withQuicSettings(page, settings) {
  const rows = Object.entries(settings).map(([name, { range, standard, server, at, option, says }]) => {
    const byDefault = server === undefined ? standard : `client ${standard}, server ${server}`;
    return `| \`${name}\` | ${range} | ${byDefault} | ${at ?? 'both'} | ${says}${option ? `; set by \`${option}\`` : ''} |`;
  });
  return between(page, 'settings', ['| Setting | Range | Default | At | Meaning |', '|---|---|---|---|---|', ...rows]);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { quicSettings } = await import('../../dist/transport/quic/settings.js');
  const page = new URL('../../docs/quic.md', import.meta.url);
  await writeFile(page, withQuicSettings(await readFile(page, 'utf8'), quicSettings));
}
