import { expect, it } from 'vitest';
import { clientErrors } from '../../../../src/report/words/client-errors.js';
import { cell } from '../made-up.js';

it('an error of several brokers in one cell names each of them, whoever was met last', () => {
  const refused = (url: string, count: number) => ({
    code: 'MQB_REFUSED',
    message: `connect to ${url}: refused by the host`,
    count,
  });
  const one = { ...cell('tcp', 1000), errors: [refused('mqtt://a:1883', 3), refused('mqtt://b:1883', 2)] };
  expect(clientErrors([one]).map(({ text }) => text)).toEqual([
    `5 × connect to the broker: refused by the host (MQB_REFUSED), in ${one.id} (mqtt://a:1883, mqtt://b:1883)`,
  ]);
});
