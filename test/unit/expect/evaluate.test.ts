import { describe, expect, it } from 'vitest';
import { matches } from '../../../src/base/text/match.js';
import { evaluateExpectations } from '../../../src/expect/evaluate.js';
import { parseExpectation } from '../../../src/expect/parse.js';
import { fc } from '../../helpers/properties.js';
import { around, cell, metricSet, result } from '../report/made-up.js';

const whole = result([1000, 30_000].flatMap((rtt) => ['tcp', 'tls', 'quic'].map((arm) => cell(arm, rtt))));
const judge = (text: string, over = whole) => evaluateExpectations([text], over)[0]!;

describe('expectations', () => {
  it.each([
    ['quic.clients.reconnected == 0', 'held'],
    ['clients.reconnected == 0', 'missed'],
    ['quic@30ms.connect.connack.p95 < 0.8 * tls@30ms.connect.connack.p95', 'held'],
    ['tls@30ms.connect.connack.p50 < 1.1 * 90ms', 'held'],
    ['tls@30ms.connect.connack.p50 < 90ms', 'missed'],
    ['tls.connect.connack.p50 >= 3 * rtt', 'held'],
    ['tls.connect.connack.p50 - 3 * rtt < 1 ms', 'held'],
    ['quic.connect.connack.p50 < tls.connect.connack.p50', 'held'],
    ['quic.connect.connack.p50 <= tcp.connect.connack.p50', 'held'],
    ['quic.connect.connack.p50 / tls.connect.connack.p50 < 75%', 'held'],
    ['after.publish.ack.p99 < 100ms', 'missed'],
    ['quic.after.publish.ack.p99 < 60ms', 'held'],
    ['t*@30ms.clients.reconnected == clients.asked', 'held'],
    ['event.rebind.count == 1', 'held'],
    ['event.rebind.outerAfter == 1', 'held'],
    ['doubts == 0', 'held'],
    ['doubts.event-unseen == 0', 'held'],
    ['link.up.packetsLost == 0', 'held'],
    ['link.up.bytesIn < 2MB', 'held'],
    ['resource.broker.cpuUserMicros < 2s', 'held'],
    ['calibration.rttP50Micros < 1.1 * rtt', 'held'],
    ['quic.reconnect.connack.p50 < 1s', 'no-data'],
    ['ws.clients.lost == 0', 'no-data'],
    ['quic@30ms#2.clients.lost == 0', 'no-data'],
    ['counter.no.such.counter == 0', 'no-data'],
    ['quic.reconnect.connack.count == 0', 'held'],
  ])('%s: %s', (text, outcome) => {
    expect(judge(text).outcome).toBe(outcome);
  });

  it('say what was found: every cell that missed, or the one closest to the limit', () => {
    expect(judge('clients.reconnected == 0').found).toBe(
      'tcp@1ms: 200, asked == 0; tls@1ms: 200, asked == 0; tcp@30ms: 200, asked == 0; tls@30ms: 200, asked == 0',
    );
    expect(judge('quic@30ms.connect.connack.p95 < 0.8 * tls@30ms.connect.connack.p95').found).toBe(
      'quic@30ms and tls@30ms: 65.3 ms, asked < 78.0 ms',
    );
    expect(judge('quic.connect.connack.p50 < 100ms').found).toMatch(
      /^in all 2 cells; quic@30ms is closest to the limit: 60\.7 ms, asked < 100 ms/,
    );
    expect(judge('quic.clients.reconnected == 0').found).toMatch(/^in all 2 cells: 0, asked == 0/);
    expect(judge('quic.reconnect.connack.p50 < 1s').found).toContain(
      'quic.reconnect.connack.p50 was not measured in quic@1ms',
    );
  });

  it.each([
    ['publish.ack.p99 < 5s', 'missed'],
    ['publish.ack.p99 <= 5s', 'missed'],
    ['publish.ack.p99 > 1s', 'held'],
    ['publish.ack.p99 > 5s', 'missed'],
    ['publish.ack.p50 < 5s', 'held'],
    ['publish.ack.p99 == 4s', 'missed'],
    ['2 * publish.ack.p99 - 1s < 60s', 'missed'],
    ['10s - publish.ack.p99 < 7s', 'held'],
    ['10s - publish.ack.p99 > 1s', 'missed'],
    ['publish.ack.p50 < publish.ack.p99', 'held'],
    ['publish.ack.p50 / publish.ack.p99 < 60%', 'held'],
    ['publish.ack.p99 / publish.ack.p50 < 5', 'missed'],
    ['publish.ack.count == 170', 'held'],
    ['publish.ack.count >= 200', 'missed'],
  ])('know of a lower bound only what is certain: %s: %s', (text, outcome) => {
    const bound = { ...around(2_000_000), p99: 4_000_000, outstanding: 30, atLeast: ['mean', 'p99', 'p999', 'max'] };
    const bounded = result([cell('tcp', 1000, { metrics: metricSet({ 'publish.ack': bound as never }) })]);
    expect(judge(text, bounded).outcome).toBe(outcome);
    expect(judge('publish.ack.p99 < 1s', bounded).found).toBe('tcp@1ms: >= 4.00 s, asked < 1.00 s');
  });

  it('compare repeat with repeat', () => {
    const first = [cell('tls', 1000), cell('quic', 1000)];
    const second = first.map((one) => ({ ...one, id: `${one.id}#2`, repeat: 2 }));
    const slow = { ...second[1]!, metrics: metricSet({ 'connect.connack': around(9_000) }) };
    const text = 'quic.connect.connack.p50 < tls.connect.connack.p50';
    expect(judge(text, result([...first, ...second])).outcome).toBe('held');
    expect(judge(text, result([...first, second[0]!, slow])).found).toBe(
      'quic@1ms#2 and tls@1ms#2: 9.00 ms, asked < 3.70 ms',
    );
  });

  it('about a failed cell are no data; about one that is impossible here, unsupported', () => {
    const failed = result([{ ...cell('tls', 1000), status: 'failed' }, cell('quic', 1000)]);
    expect(judge('clients.lost == 0', failed)).toMatchObject({ outcome: 'no-data', found: 'tls@1ms has failed' });
    const impossible = result([{ ...cell('tls', 1000), status: 'unsupported' }, cell('quic', 1000)]);
    expect(judge('tls.clients.lost == 0', impossible).outcome).toBe('unsupported');
    expect(judge('clients.lost == 0', impossible)).toMatchObject({ outcome: 'held' });
    expect(judge('clients.lost == 0', impossible).found).toContain('tls@1ms is unsupported here');
  });

  it('never hold without data', () => {
    const empty = result([{ ...cell('tcp', 1000), metrics: metricSet({ 'publish.ack': around(0, 0, 0) }) }]);
    expect(judge('publish.ack.p99 < 20ms', empty).outcome).toBe('no-data');
    expect(judge('publish.ack.p99 < 20ms', result([])).outcome).toBe('no-data');
    expect(judge('publish.ack.count == 0', empty).outcome).toBe('held');
    expect(judge('messages.missing / messages.missing == 0', whole).outcome).toBe('no-data');
  });
});

describe('an expectation that is held', () => {
  const doubted = (doubts: ReturnType<typeof cell>['doubts']) => result([cell('tls', 30_000, { doubts })]);
  const found = (text: string, doubts: ReturnType<typeof cell>['doubts']) => judge(text, doubted(doubts));
  const ack = 'publish.ack.p95 < 1s';

  it('says the doubts about its metric and about the whole cell', () => {
    const doubts = [
      { code: 'machine-bound', message: 'busy' },
      { code: 'few-samples', metric: 'publish.ack', message: 'few' },
      { code: 'few-samples', metric: 'publish.ack', message: 'few again' },
      { code: 'late-dials', metric: 'connect.connack', message: 'late' },
    ] as const;
    expect(found(ack, doubts)).toMatchObject({
      outcome: 'held',
      found: expect.stringMatching(/; doubted: machine-bound, few-samples$/),
    });
    expect(found('connect.connack.p95 < 1s', doubts).found).toMatch(/; doubted: machine-bound, late-dials$/);
    expect(found('doubts > 0', doubts).found).not.toContain('doubted');
  });

  it('leaves out doubts of another window and, for traffic, those of connecting', () => {
    const doubts = [
      { code: 'late-sends', window: 'before', message: 'late' },
      { code: 'loop-delay', phase: 'connect', message: 'held up' },
    ] as const;
    expect(found(ack, doubts).found).not.toContain('doubted');
    expect(found('before.publish.ack.p95 < 1s', doubts).found).toMatch(/doubted: late-sends$/);
    expect(found('connect.connack.p95 < 1s', doubts).found).toMatch(/doubted: loop-delay$/);
  });

  it('counts in how many cells it is doubted', () => {
    const cells = ['tcp', 'tls'].map((arm) =>
      cell(arm, 1000, { doubts: arm === 'tls' ? [{ code: 'broker-bound', message: 'busy' }] : [] }),
    );
    expect(judge(ack, result(cells)).found).toMatch(/; doubted: broker-bound \(1 of 2 cells\)$/);
  });
});

describe('a share of nothing', () => {
  it.each(['clients.asked / clients.lost > 0.5', '0 / clients.lost == 0', '(0 - 1) / clients.lost < 1'])(
    '%s: no data, and never infinitely much',
    (text) => {
      expect(judge(text)).toMatchObject({ outcome: 'no-data', found: expect.stringContaining('a share of 0') });
    },
  );
});

describe('mistakes in long texts', () => {
  const long = (count: number): string => 'a'.repeat(count);
  it.each([
    ['too long as a whole', `${long(40_000)} < 1`, 'has 40004 characters; at most 1000 are taken'],
    ['with a long name', `1 + ${long(900)} < 1`, `"${long(59)}…" has 900 characters`],
    ['with a long number', `1 + ${'1'.repeat(900)} < 1`, `"${'1'.repeat(59)}…" has 900 characters`],
    [
      'with a long word where an operator belongs',
      `rtt $${long(900)}`,
      `expected one of <= >= == != < >, found "$${long(58)}…"`,
    ],
  ])('are told without all of the text: %s', (_, text, message) => {
    expect(() => parseExpectation(text)).toThrow(expect.objectContaining({ message }));
  });
});

describe('texts that do not parse', () => {
  const known = { arms: ['tcp', 'tls-12'], networks: ['30ms'], events: [], windows: ['after'] };
  it.each([
    ['tcp.connect.conack.p50 < 1ms', 1, 'names no metric'],
    ['tcp.connect.connack < 1ms', 1, 'needs a statistic'],
    ['tcp.connect.connack.p51 < 1ms', 1, 'no statistic'],
    ['tcp.clients.lost.p50 < 1', 1, 'is one number'],
    ['tcp@3ms.connect.connack.p50 < 1ms', 5, 'no network is called "3ms"'],
    ['tls.connect.connack.p50 < 1ms', 1, 'did you mean "tls-12"?'],
    ['tcp.aftr.publish.ack.p50 < 1ms', 5, 'no event and no measure window is called "aftr"; did you mean "after"?'],
    ['after.link.up.packetsLost > 0', 1, 'not by window'],
    ['tcp.clients.lost = 0', 18, 'expected one of'],
    ['tcp.clients.lost == ', 21, 'found the end'],
    ['tcp.clients.lost == 0 0', 23, 'unexpected "0"'],
    ['tcp.clients.lost == 3ms', 18, 'compares a number without unit with a duration'],
    ['tcp.connect.connack.p50 < 3', 25, 'compares a duration with a number without unit'],
    ['tcp.connect.connack.p50 + 3 < 3ms', 1, 'joins a duration and a number'],
    ['tcp.clients.lost*2 == 0', 1, 'put spaces around'],
    ['(tcp.clients.lost == 0', 19, 'expected ")"'],
    ['2 < 3', 1, 'nothing measured'],
    ['', 1, 'found the end'],
  ])('%s', (text, column, message) => {
    expect(() => parseExpectation(text, known)).toThrow(message);
    expect(() => parseExpectation(text, known)).toThrow(expect.objectContaining({ column }));
  });
});

describe('properties', () => {
  const arithmetic: fc.Memo<{ text: string; value: number }> = fc.memo((depth) => {
    const number = fc.integer({ min: 0, max: 99 }).map((value) => ({ text: String(value), value }));
    if (depth <= 1) return number;
    const operator = fc.constantFrom<'+' | '-' | '*'>('+', '-', '*');
    const operation = fc.tuple(arithmetic(), operator, arithmetic()).map(([a, sign, b]) => ({
      text: `(${a.text} ${sign} ${b.text})`,
      value: sign === '+' ? a.value + b.value : sign === '-' ? a.value - b.value : a.value * b.value,
    }));
    return fc.oneof(number, operation);
  });

  it('arithmetic is ordinary arithmetic', () => {
    fc.assert(
      fc.property(arithmetic(4), ({ text, value }) => {
        const of = (comparison: string) =>
          judge(`tcp@1ms.clients.lost + ${text} ${comparison} ${Math.abs(value)}`).outcome;
        expect(of('==')).toBe(value >= 0 ? 'held' : 'missed');
      }),
    );
  });

  it('products bind closer than sums, and equals from left to right', () => {
    expect(judge('tcp@1ms.clients.lost + 2 * 3 - 4 - 1 == 1').outcome).toBe('held');
    expect(judge('tcp@1ms.clients.asked / 10 / 2 == 10').outcome).toBe('held');
  });

  it('exactly one of <, ==, > holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), (limit) => {
        const held = ['<', '==', '>'].filter(
          (one) => judge(`tcp@1ms.clients.asked ${one} ${limit}`).outcome === 'held',
        );
        expect(held).toHaveLength(1);
      }),
    );
  });

  it('parsing never fails in another way than with a mistake', () => {
    const alphabet = fc.constantFrom(...'abtlsp.@#*%()<>=!+-/ 0195ms'.split(''));
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 30 }), (letters) => {
        try {
          parseExpectation(letters.join(''));
        } catch (error) {
          expect((error as Error).constructor.name).toBe('ExpectationMistake');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a star stands for anything and all else for itself', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        fc.pre(![a, c].join('').includes('*') && !b.includes('\n'));
        expect(matches(`${a}*${c}`, `${a}${b}${c}`)).toBe(true);
        expect(matches(a, `${a}x`)).toBe(false);
      }),
    );
  });
});
