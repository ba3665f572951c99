import { expect, it } from 'vitest';
import { noAnswer } from '../../../src/load/errors.js';

it.each([
  [2_000_000, 'no CONNACK from broker.test:1883 within 2 s'],
  [700_000, 'no CONNACK from broker.test:1883 within 0.7 s'],
])('a limit of %i µs is named as it was asked for, however late it was noticed', (micros, message) => {
  expect(noAnswer('CONNACK', 'broker.test:1883', micros)).toMatchObject({ code: 'MQB_NO_CONNACK', message });
});
