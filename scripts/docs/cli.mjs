// Writes docs/cli.md from the commands of the compiled program.
import { writeFileSync } from 'node:fs';
import { cliMarkdown } from '../../dist/cli/docs/cli.js';
import { processEnvironment } from '../../dist/cli/environment.js';
import { buildProgram } from '../../dist/cli/program.js';

writeFileSync(new URL('../../docs/cli.md', import.meta.url), cliMarkdown(await buildProgram(processEnvironment())));
