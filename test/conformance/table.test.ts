import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { withConformance } from '../../scripts/docs/conformance.mjs';
import { differenceOf, idsOf, type Version } from './statement.js';
import { statements } from './statements.js';

const versions: readonly [Version, number][] = [
  ['3.1.1', 120],
  ['5.0', 150],
];
const page = fileURLToPath(new URL('../../docs/broker.md', import.meta.url));

describe('the table of statements', () => {
  it.each(versions)('of MQTT %s has every number once, and at least %i', (version, least) => {
    const ids = statements.flatMap((statement) => idsOf(statement, version));
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(ids.filter((id) => !/^MQTT-\d+(\.\d+){1,2}-\d+$/.test(id))).toEqual([]);
    expect(ids.length).toBeGreaterThanOrEqual(least);
  });

  it('is in docs/broker.md (else: npx vitest run test/conformance/table.test.ts --update)', async () => {
    const tables = versions.map(([version]) => [
      version,
      statements
        .filter((statement) => idsOf(statement, version).length > 0)
        .map((statement) => ({
          ids: idsOf(statement, version),
          says: statement.says,
          why: differenceOf(statement, version)?.why,
        })),
    ]);
    await expect(withConformance(readFileSync(page, 'utf8'), tables)).toMatchFileSnapshot(page);
  });
});
