import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { encodeConnect } from '../../../../src/mqtt/codec/control-packets.js';

test('the first packet of a process does not make a buffer for each number there is', () => {
  encodeConnect({ version: 4, clientId: 'one', clean: true, keepaliveSeconds: 60 });
  const { cache } = createRequire(import.meta.url)('mqtt-packet/numbers.js') as { cache: object };
  expect(Object.keys(cache)).toEqual([]);
});
