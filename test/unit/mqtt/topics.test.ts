import { describe, expect, it } from 'vitest';
import { sharedFilterOf, TopicIndex } from '../../../src/mqtt/topics.js';
import { fc } from '../../helpers/properties.js';
import { matches } from '../../helpers/topic-match.js';

const level = fc.constantFrom('a', 'b', '', '$SYS');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .array(fc.constantFrom('a', 'b', '', '+', '$SYS'), { minLength: 1, maxLength: 4 })
  .chain((levels) => fc.constantFrom(levels.join('/'), [...levels, '#'].join('/'), '#'));

describe('topic index', () => {
  it.each([
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['+/b', '/b', true],
    ['a/+', 'a', false],
    ['a/+', 'a/', true],
    ['a/+/c', 'a/b/c', true],
    ['#', '/', true],
    ['a', 'a/', false],
    ['a/+', 'a/b/c', false],
    ['a/b', 'a/b/', false],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
  ])('%s and %s: %s', (subscribed, published, expected) => {
    const index = new TopicIndex<string>();
    index.add(subscribed, 'x');
    expect(index.match(published)).toEqual(expected ? ['x'] : []);
  });

  it('finds what the definition finds, for any filters, also after half of them are gone', () => {
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 12 }), fc.array(topic, { maxLength: 8 }), (filters, topics) => {
        const index = new TopicIndex<number>();
        for (const [i, each] of filters.entries()) index.add(each, i);
        const holds = (living: (i: number) => boolean): void => {
          for (const each of topics) {
            const expected = filters.flatMap((pattern, i) => (living(i) && matches(pattern, each) ? [i] : []));
            expect([...index.match(each)].toSorted((a, b) => a - b)).toEqual(expected);
          }
        };
        holds(() => true);
        for (const [i, each] of filters.entries()) if (i % 2 === 0) index.remove(each, i);
        holds((i) => i % 2 === 1);
        for (const [i, each] of filters.entries()) if (i % 2 === 1) index.remove(each, i);
        holds(() => false);
        index.remove('a/+', 1); // not there: nothing happens
      }),
    );
  });
});

it.each([
  ['$share/g/a/#', 'a/#'],
  ['$share/g//', '/'],
  ['$share/g/', undefined],
  ['$share//a', undefined],
  ['$share/g', undefined],
  ['a/$share/g/b', undefined],
])('a shared subscription %s has the filter %s', (name, filter) => {
  expect(sharedFilterOf(name)).toBe(filter);
});
