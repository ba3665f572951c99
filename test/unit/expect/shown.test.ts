import { describe, expect, it } from 'vitest';
import { shownApart } from '../../../src/expect/shown.js';
import { fc } from '../../helpers/properties.js';

describe('what was found and what was asked', () => {
  it.each([
    ['a limit of microseconds', 1, 3, 'us', '0.001 ms', '0.003 ms'],
    ['nothing and a limit of microseconds', 0, 4.5, 'us', '0 ms', '0.0045 ms'],
    ['durations that three digits make alike', 10_040, 10_000, 'us', '10.04 ms', '10 ms'],
    ['the same by a microsecond', 1_000_001, 1_000_000, 'us', '1.000001 s', '1 s'],
    ['a part of a second beyond a minute', 61_400_000, 60_500_000, 'us', '61.4 s', '60.5 s'],
    ['a minute', 119_600_000, 120_000_000, 'us', '120 s', '2 m 0 s'],
    ['durations that are equal', 20_000, 20_000, 'us', '20.0 ms', '20.0 ms'],
    ['a negative duration', -3, 500, 'us', '-0.003 ms', '0.50 ms'],
    ['sizes that three digits make alike', 1_004, 1_000, 'bytes', '1004 B', '1000 B'],
    ['parts of a byte', 12, 0.4, 'bytes', '12 B', '0.4 B'],
    ['counts', 1_000, 1_001, 'plain', '1,000', '1,001'],
    ['shares that three digits make alike', 0.10004, 0.1, 'plain', '0.10004', '0.1'],
    ['factors', 1_234.4, 1_234, 'plain', '1234.4', '1,234'],
  ] as const)('are read of %s', (_, found, asked, unit, ...texts) => {
    expect(shownApart(found, asked, unit)).toEqual(texts);
  });

  it('are never the same text where the numbers are not the same', () => {
    const number = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    const unit = fc.constantFrom('us', 'bytes', 'plain');
    fc.assert(
      fc.property(number, fc.double({ min: 1e-9, max: 1, noNaN: true }), unit, (value, share, of) => {
        const other = value * (1 + share);
        const [found, asked] = shownApart(value, other, of as never);
        expect(found).not.toBe(asked);
      }),
    );
  });
});
