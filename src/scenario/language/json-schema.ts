import { z } from 'zod';
import { scenarioSchema } from './schema.js';

/** Where editors find it: `# yaml-language-server: $schema=./schema.json` in a scenario. */
export const schemaFile = 'scenarios/schema.json';

/** The language of scenario files as JSON Schema (draft 2020-12), for editors. Text of the file, with its last newline. */
export function scenarioJsonSchema(): string {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
  return `${JSON.stringify(schema, null, 2)}\n`;
}
