import { expect, it } from 'vitest';
import { around, shortened } from '../../../../src/base/text/shortened.js';

it('a text that is short enough is left as it is', () => {
  expect(shortened('x'.repeat(60))).toBe('x'.repeat(60));
  expect(around('x'.repeat(80), 3)).toBe('x'.repeat(80));
});

it('a longer one ends with an ellipsis', () => {
  expect(shortened('abcdef', 4)).toBe('abc…');
});

it('of a long text what stands around a column is left', () => {
  const text = 'abcdefghij';
  const shown = Array.from({ length: 10 }, (_, i) => around(text, i + 1, 4));
  expect(shown[0]).toBe('abcd…');
  expect(shown[4]).toBe('…cdef…');
  expect(shown[9]).toBe('…ghij');
  for (const [i, part] of shown.entries()) expect(part).toContain(text[i]);
});
