// Writes docs/doubts.md from the table of the compiled program.
import { writeFileSync } from 'node:fs';
import { doubtsMarkdown } from '../../dist/cli/docs/codes.js';

writeFileSync(new URL('../../docs/doubts.md', import.meta.url), doubtsMarkdown());
