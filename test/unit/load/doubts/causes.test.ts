import { describe, expect, it } from 'vitest';
import { doubtsOf, type Facts } from './facts.js';

// Why rates were missed and clients are missing, in words.

describe('a rate that was missed', () => {
  const told = (facts: Facts): string => {
    const doubt = doubtsOf(facts).find(({ code }) => code === 'rate-missed');
    return `${doubt?.message}; ${doubt?.advice}`;
  };

  it('is overload where the clients were there', () => {
    expect(told({ achieved: 500 })).toMatch(/500\/s achieved; above what the path or the broker can carry/);
  });

  it('is none where the clients were not, before or after publishing ended', () => {
    expect(told({ achieved: 500, dueAway: 5_000 })).toMatch(
      /5,000 of 10,000 were due to clients that were not connected; not overload/,
    );
    expect(told({ inTime: 5_000, dueAway: 5_000 })).toMatch(/not connected; not overload/);
  });

  it('is none where the broker refused', () => {
    expect(told({ achieved: 500, refused: 5_000 })).toMatch(/5,000 were refused by the broker; not overload/);
  });

  it('is none where clients were cut off with publishes under way', () => {
    expect(told({ achieved: 500, dueAway: 4_000, cutOff: 1_000 })).toBe(
      '1,000/s were offered, 500/s achieved: 4,000 of 10,000 were due to clients that were not connected, 1,000 were under way when the client lost its connection; not overload: see the errors by kind for what became of them',
    );
  });

  it('is none where the broker acknowledged something else', () => {
    expect(told({ achieved: 500, errors: [['MQB_ACK_KIND', 5_000]] })).toBe(
      '1,000/s were offered, 500/s achieved: 5,000 were answered with an acknowledgement that fits none; not overload: see the errors by kind for what became of them',
    );
  });

  it('is none where nothing was ever acknowledged, whatever else is known', () => {
    expect(told({ achieved: 0, acknowledged: 0 })).toBe(
      '1,000/s were offered, 0/s achieved: none of 9,000 that were written was acknowledged; not overload: see the errors by kind for what became of them',
    );
    expect(told({ achieved: 0, acknowledged: 0, dueAway: 1_000 })).toBe(
      '1,000/s were offered, 0/s achieved: 1,000 of 10,000 were due to clients that were not connected; none of 9,000 that were written was acknowledged; not overload: see the errors by kind for what became of them',
    );
  });

  it('is both where the clients that were there did not get through either', () => {
    expect(told({ achieved: 500, dueAway: 1_000 })).toMatch(
      /1,000 of 10,000 .* not connected, and the others were too much as well; see the errors by kind first; above what/,
    );
  });
});

describe('clients that did not connect', () => {
  const told = (connected: number, ...codes: string[]): string[] =>
    doubtsOf({ connected, loopConnecting: 90_000, errors: codes.map((code) => [code, 1] as const) }).map(
      ({ message, advice }) => `${message}; ${advice}`,
    );
  const plain = '; see the errors by kind: they say what keeps clients out';
  const slower = '; see the errors by kind; lower the connect rate or the number of clients';

  it.each(['MQB_CERTIFICATE', 'MQB_CONNACK_1', 'MQB_PROTOCOL', 'MQB_SUBACK_128', 'MQB_REFUSED', 'MQB_CLOSED_EARLY'])(
    '%s of everybody: only that is told',
    (code) => expect(told(0, code)).toEqual([`0 of 100 clients connected${plain}`]),
  );

  it.each(['MQB_DIAL_TIMEOUT', 'MQB_NO_CONNACK', 'MQB_CONNACK_3', 'MQB_CONNACK_136'])(
    '%s of everybody: what the generator knows against itself may be why',
    (code) => {
      const [first, ...others] = told(0, 'MQB_CERTIFICATE', code);
      expect(first).toBe(`0 of 100 clients connected${slower}`);
      expect(others.length).toBeGreaterThan(0);
    },
  );

  it('are to be fewer where some are let in and others closed, and not where those are refused', () => {
    expect(told(50, 'MQB_CLOSED_EARLY')[0]).toBe(`50 of 100 clients connected${slower}`);
    expect(told(50, 'MQB_SUBACK_128')[0]).toBe(`50 of 100 clients connected${plain}`);
  });
});
