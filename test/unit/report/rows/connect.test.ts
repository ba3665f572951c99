import { expect, it } from 'vitest';
import { armsOn } from '../../../../src/report/rows/builders.js';
import { sectionsOf } from '../../../../src/report/rows/rows.js';
import { around, cell, metricSet, result } from '../made-up.js';

it('SUBACK is called that of subscribers where others do not subscribe, since it may come before the CONNACK of those', () => {
  const labels = (subscribers: number): string[] => {
    const distributions = { 'connect.connack': around(78_000), 'connect.suback': around(72_000, 0.1, subscribers) };
    const of = result([cell('tcp', 1000, { metrics: metricSet(distributions) })]);
    const [connecting] = sectionsOf(armsOn(of, '1ms'));
    return [...new Set(connecting?.rows.map(({ label }) => label))];
  };
  expect(labels(5)).toEqual(['Transport ready', 'CONNACK', 'Subscriber SUBACK']);
  expect(labels(200)).toEqual(['Transport ready', 'CONNACK', 'SUBACK']);
});
