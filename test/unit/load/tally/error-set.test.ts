import { expect, it } from 'vitest';
import { ErrorSet } from '../../../../src/load/tally/counter-set.js';

const lost = (url: string, says: string) => ({ code: 'MQB_LOST', message: `connection to ${url} lost: ${says}` });

it('errors of two brokers, and two reasons, are counted apart; waits are not', () => {
  const set = new ErrorSet();
  for (let i = 0; i < 3; i++) set.add(lost('mqtt://a:1883', 'reset'));
  for (let i = 0; i < 2; i++) set.add({ ...lost('mqtt://b:1883', 'reset'), hint: 'look' });
  set.add(lost('mqtt://b:1884', 'reset'));
  set.add(lost('mqtt://a:1883', 'unreachable'));
  for (let i = 0; i < 9; i++)
    set.add({ code: 'MQB_SILENT', message: `nothing came from mqtt://a:1883 for ${29 + i / 10} s` });
  const [silent, ...rest] = set.toList();
  expect(silent).toEqual({ code: 'MQB_SILENT', message: 'nothing came from mqtt://a:1883 for 29 s', count: 9 });
  expect(rest).toEqual([
    { ...lost('mqtt://a:1883', 'reset'), count: 3 },
    { ...lost('mqtt://b:1883', 'reset'), hint: 'look', count: 2 },
    { ...lost('mqtt://b:1884', 'reset'), count: 1 },
    { ...lost('mqtt://a:1883', 'unreachable'), count: 1 },
  ]);
});

it('a peer that says something else each time fills no more than a few lines', () => {
  const set = new ErrorSet();
  for (let i = 0; i < 1000; i++) set.add({ code: 'MQB_CONNACK_135', message: `refused: ${'x'.repeat(i)}` });
  const list = set.toList();
  expect(list).toHaveLength(8);
  expect(list[0]).toMatchObject({ message: 'refused: ', count: 993 });
});
