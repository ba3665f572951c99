import { expect, it } from 'vitest';
import type { Message } from '../../../../src/broker/sessions/message.js';
import { Retained } from '../../../../src/broker/sessions/retained.js';
import { hidden } from '../../../../src/broker/shared-filters.js';

const message = (topic: string, payload: string): Message => ({
  ...{ topic, payload: Buffer.from(payload), retain: true, brokerCounter: 1 },
  qos: 1,
});

it('there is the last retained message of a topic, until an empty one comes', () => {
  const retained = new Retained();
  const all = (filter: string): string[] => [...retained.matching([filter])].map(({ payload }) => String(payload));
  for (const payload of ['old', 'new']) retained.store(message('a/b', payload));
  retained.store(message('$own/a', 'own'));
  for (const filter of ['a/b', 'a/+', '#', 'a/b/#']) expect(all(filter)).toEqual(['new']);
  for (const filter of ['a', 'a/b/+', '+', hidden('$share/g/a/+'), hidden('$share/g/a/b')])
    expect(all(filter)).toEqual([]);
  expect(all('$own/#')).toEqual(['own']);
  retained.store(message('a/b', ''));
  expect(all('#')).toEqual([]);
});

it('a retained message keeps no more of what a socket has read than its own bytes', () => {
  const retained = new Retained();
  const read = Buffer.allocUnsafeSlow(65_536).fill('r');
  retained.store({ ...message('t', ''), payload: read.subarray(1, 4) });
  const [{ payload } = message('', '')] = [...retained.matching(['t'])];
  expect(String(payload)).toBe('rrr');
  expect((payload as Buffer).buffer.byteLength).toBeLessThan(20_000);
});
