import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const src = new URL('../../../src/', import.meta.url);

/** What maps there are, and which stream a packet then goes to: all that `--streams` is about. */
const itself = ['transport/stream-map.ts', 'mqtt/session/stream-map.ts'];

it('what --streams touches is its option, the plan, its rules and the client; a scenario has it as a field of an arm', () => {
  const named = /\b(streamMaps|StreamMap)\b|\b(target|flags|arm|asked)\.streams\b|\bstreams = 'control'/;
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const touched = files.filter((file) =>
    named.test(readFileSync(new URL(file, src), 'utf8').replace(/\/\*\*.*?\*\//gs, '')),
  );
  expect(touched.filter((file) => !itself.includes(file)).sort()).toEqual([
    'cli/load/options/streams.ts',
    'load/client/wire.ts',
    'plan/check.ts',
    'plan/plan.ts',
    'scenario/language/arm.ts',
  ]);
});
