// Writes docs/coming-from.md from the words that the compiled program translates, and the lines that a test tries.
import { readFileSync, writeFileSync } from 'node:fs';
import { comingFromMarkdown } from '../../dist/cli/docs/coming-from.js';

const lines = JSON.parse(readFileSync(new URL('../../test/fixtures/peer-lines.json', import.meta.url), 'utf8'));
writeFileSync(new URL('../../docs/coming-from.md', import.meta.url), comingFromMarkdown(lines));
