// Writes docs/doubts.md and docs/errors.md from the tables of the compiled program.
import { writeFileSync } from 'node:fs';
import { doubtsMarkdown, errorsMarkdown } from '../../dist/cli/docs/codes.js';

writeFileSync(new URL('../../docs/doubts.md', import.meta.url), doubtsMarkdown());
writeFileSync(new URL('../../docs/errors.md', import.meta.url), errorsMarkdown());
