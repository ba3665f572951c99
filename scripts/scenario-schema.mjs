// Writes scenarios/schema.json from the scenario language (src/scenario/language/schema.ts). Run after a change of the language:
//   npm run build && node scripts/scenario-schema.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scenarioJsonSchema, schemaFile } from '../dist/scenario/language/json-schema.js';

writeFileSync(fileURLToPath(new URL(`../${schemaFile}`, import.meta.url)), scenarioJsonSchema());
