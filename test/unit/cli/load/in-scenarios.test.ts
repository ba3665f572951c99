import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { withOptionPlaces } from '../../../../scripts/docs/options.mjs';
import { inScenarios } from '../../../../src/cli/load/options/in-scenarios.js';
import { loadOptions } from '../../../../src/cli/load/options/options.js';

type Schema = {
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly anyOf?: Schema[];
  readonly oneOf?: Schema[];
  readonly allOf?: Schema[];
  readonly additionalProperties?: unknown;
  readonly $ref?: string;
};
const root = new URL('../../../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('scenarios/schema.json', root), 'utf8')) as Schema & {
  $defs?: Record<string, Schema>;
};

/** The schemas of a field, in any of the forms that what it is in may have. */
function fieldsOf(within: Schema, name: string): Schema[] {
  const at = within.$ref === undefined ? within : (schema.$defs?.[within.$ref.split('/').pop() as string] ?? within);
  const isList = name.endsWith('[]');
  const own = at.properties?.[isList ? name.slice(0, -2) : name];
  const found = own === undefined ? [] : isList ? itemsOf(own) : [own];
  return [
    ...found,
    ...[...(at.anyOf ?? []), ...(at.oneOf ?? []), ...(at.allOf ?? [])].flatMap((one) => fieldsOf(one, name)),
  ];
}

const itemsOf = (list: Schema): Schema[] => [
  ...(list.items ? [list.items] : []),
  ...[...(list.anyOf ?? []), ...(list.oneOf ?? [])].flatMap(itemsOf),
];

describe('options of the load commands in scenario files', () => {
  const places = Object.entries(inScenarios);

  it('are all of them: each has a field, or a reason why it has none', () => {
    expect(Object.keys(inScenarios).sort()).toEqual(Object.keys(loadOptions).sort());
    const without = places.filter(([, where]) => 'why' in where && where.why.length < 10);
    expect(without).toEqual([]);
  });

  it('have fields that scenario files have', () => {
    const unknown = places.filter(([, where]) => {
      if (!('at' in where)) return false;
      const found = where.at
        .split('.')
        .reduce<Schema[]>((all, name) => all.flatMap((one) => fieldsOf(one, name)), [schema]);
      return found.length === 0;
    });
    expect(unknown).toEqual([]);
    expect(fieldsOf(schema, 'nonsense')).toEqual([]);
  });

  it('stand in docs/scenarios.md (node scripts/docs/options.mjs)', () => {
    const page = readFileSync(new URL('docs/scenarios.md', root), 'utf8');
    expect(withOptionPlaces(page, loadOptions, inScenarios)).toBe(page);
  });
});
