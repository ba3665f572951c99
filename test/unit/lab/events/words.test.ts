import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../../src/base/errors.js';
import { parseEvent } from '../../../../src/lab/events/words.js';

describe('an event in words', () => {
  it.each([
    ['rebind'],
    ['return'],
    ['address-change'],
    ['blackout 5s'],
    ['flap 5 1s 4s'],
    ['profile delay 20ms loss 1%'],
    ['heal'],
    ['udp-block'],
    ['udp-block 5s'],
    ['udp-open'],
    ['nat drop'],
  ])('%s', (text) => {
    expect(parseEvent(text.split(' '))).toMatchSnapshot();
  });

  it('takes the options of moves', () => {
    expect(parseEvent(['rebind'], { what: 'both', share: '50%', over: '2s' })).toEqual({
      kind: 'rebind',
      what: 'both',
      share: 0.5,
      overMicros: 2e6,
    });
  });

  it.each([
    ['rebindd'],
    ['what'],
    ['blackout'],
    ['blackout 5'],
    ['blackout 0s'],
    ['flap 5 1s'],
    ['flap 1001 1s 1s'],
    ['flap many 1s 1s'],
    ['nat'],
    ['nat perhaps'],
    ['profile 44g'],
  ])('that is not possible says why: %s', (text) => {
    let error: unknown;
    try {
      parseEvent(text.split(' '));
    } catch (thrown) {
      error = thrown;
    }
    expect([messageOf(error), (error as { hint?: string }).hint]).toMatchSnapshot();
  });
});
