import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Two levels up from src/cli and from dist/cli alike. */
export const docsFolder = new URL('../../docs/', import.meta.url);

/** The pages of the documentation that come with the program: their names, and their files below docs/. */
export function pages(): Map<string, string> {
  try {
    const files = readdirSync(fileURLToPath(docsFolder), { recursive: true, encoding: 'utf8' });
    const texts = files.filter((file) => file.endsWith('.md')).sort();
    return new Map(texts.map((file) => [basename(file, '.md'), file]));
  } catch {
    return new Map(); // an installation without them
  }
}
