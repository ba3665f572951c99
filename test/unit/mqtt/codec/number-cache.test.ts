import { execFileSync } from 'node:child_process';
import { execPath } from 'node:process';
import { expect, test } from 'vitest';

// In a process of its own: in this one, others may have written packets before.
const script = `
  import { createRequire } from 'node:module';
  import { encodeConnect } from './dist/mqtt/codec/control-packets.js';
  const bytes = encodeConnect({ version: 4, clientId: 'one', clean: true, keepaliveSeconds: 60 });
  const { cache } = createRequire(import.meta.resolve('mqtt-packet'))('./numbers.js');
  console.log(bytes.length, Object.keys(cache).length);
`;

test('the first packet of a process does not make a buffer for each number there is', () => {
  const cwd = new URL('../../../../', import.meta.url);
  const said = execFileSync(execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' });
  expect(said).toBe('17 0\n');
});
