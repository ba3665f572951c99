import { describe, expect, it } from 'vitest';
import { renderScreen } from '../../../../src/report/terminal/screen.js';
import type { Cell, Doubt, Result } from '../../../../src/result/types.js';
import { cell, result } from '../made-up.js';

const arms = ['tcp', 'tls', 'quic'];
const demo = (): Cell[] => [1000, 30_000].flatMap((rtt) => arms.map((arm) => cell(arm, rtt)));
const show: Result['scenario']['show'] = [
  { metric: 'connect.connack', statistic: 'p50' },
  { metric: 'clients.survived', statistic: 'value', window: 'rebind' },
  { metric: 'publish.ack', statistic: 'p95', window: 'after' },
];
const shown = (cells: readonly Cell[], more: Partial<Result> = {}): Result => {
  const of = result(cells, more);
  return { ...of, scenario: { ...of.scenario, show } };
};
const late = (window?: string): Doubt => ({
  code: 'late-sends',
  metric: 'publish.ack',
  window,
  message: '7.89 % of the publishes were written more than 5.00 ms after they were due',
  advice: 'lower the rate',
});
const bound: Doubt = { code: 'machine-bound', message: 'other programs used 1.6 of 2 cores', advice: 'end them' };
const few: Doubt = {
  code: 'few-samples',
  metric: 'delivery.e2e',
  statistics: ['p99'],
  message: '20 samples: fewer than 2 lie beyond the P99',
};
const withDoubts = (cells: readonly Cell[], ...doubts: Doubt[]): Cell[] => cells.map((one) => ({ ...one, doubts }));
const missed = (count: number): Result['expectations'] =>
  Array.from({ length: count }, (_, i) => ({
    text: `quic@30ms.connect.connack.p${50 + i} < 0.8 * tls@30ms.connect.connack.p50`,
    outcome: 'missed',
    found: 'quic@30ms: 64.0 ms, asked < 51.2 ms; doubted: late-dials, machine-bound',
  }));
/** Paragraphs, as they are in the text. */
const parts = (text: string): string[] => text.split('\n\n');

describe('the screen at the end of a run', () => {
  it('has the rows that are the point, the expectations, the doubts about them, and last what it says', () => {
    const cells = demo().map((one) => (one.arm === 'quic' ? one : { ...one, doubts: [late('after'), few] }));
    const held = [{ text: 'quic.clients.lost == 0', outcome: 'held', found: 'in all 2 cells: 0' }] as const;
    expect(renderScreen(shown(cells, { expectations: [...missed(1), ...held] }))).toMatchInlineSnapshot(`
      "TCP, TLS and QUIC side by side, then every client's address changes
      AMD EPYC, 2 cores, lab on tun, seed 1; one repeat

      Network 1ms, round trip 1.00 ms                  TCP        TLS        QUIC
        CONNACK P50                                2.70 ms    3.70 ms     2.70 ms
        CONNACK in theory                          2.00 ms    3.00 ms     2.00 ms
        Went on after the rebind                  0 of 200   0 of 200  200 of 200
        PUBLISH to PUBACK P95, after the rebind  3.04 s ?1  3.04 s ?1     1.60 ms

      Network 30ms, round trip 30.0 ms                 TCP        TLS        QUIC
        CONNACK P50                                60.7 ms    90.7 ms     60.7 ms
        CONNACK in theory                          60.0 ms    90.0 ms     60.0 ms
        Went on after the rebind                  0 of 200   0 of 200  200 of 200
        PUBLISH to PUBACK P95, after the rebind  3.04 s ?1  3.04 s ?1     48.0 ms

      MISSED: quic@30ms.connect.connack.p50 < 0.8 * tls@30ms.connect.connack.p50;
          found quic@30ms: 64.0 ms, asked < 51.2 ms; doubted: late-dials,
          machine-bound
      1 of 2 expectations held

      ?1 late-sends (4 of 6 cells): 7.89 % of the publishes were written more than 5.…
      Doubts about numbers not shown here: ?2 few-samples

      At 30 ms round trip TCP clients were connected in 60.7 ms, QUIC in 60.7 ms and
        TLS in 90.7 ms (median to CONNACK).
      After the rebind all 200 TCP clients reconnected, the slowest after 4.14 s;
        all 200 TLS clients reconnected, the slowest after 4.14 s; no QUIC client
        reconnected."
    `);
  });

  it('puts networks beside each other where the terminal is wide enough', () => {
    const text = renderScreen(shown(demo()), { columns: 200 });
    expect(parts(text)[1]).toMatchInlineSnapshot(`
      "                                                                      1ms                            30ms
                                                      TCP       TLS        QUIC       TCP       TLS        QUIC
        CONNACK P50                               2.70 ms   3.70 ms     2.70 ms   60.7 ms   90.7 ms     60.7 ms
        CONNACK in theory                         2.00 ms   3.00 ms     2.00 ms   60.0 ms   90.0 ms     60.0 ms
        Went on after the rebind                 0 of 200  0 of 200  200 of 200  0 of 200  0 of 200  200 of 200
        PUBLISH to PUBACK P95, after the rebind    3.04 s    3.04 s     1.60 ms    3.04 s    3.04 s     48.0 ms"
    `);
  });

  it('chooses rows by what was measured, where the scenario names none', () => {
    const names = (of: Result): string[] =>
      (parts(renderScreen(of))[1] ?? '')
        .split('\n')
        .map((line) => (/^ {2}(\S.*?) {2}/.exec(line) ?? ['', ''])[1] ?? '');
    const [tcp, tls] = demo() as [Cell, Cell];
    expect(names(result([tcp, tls]))).toEqual([
      '',
      'CONNACK P50',
      'CONNACK in theory',
      'Went on after the rebind',
      'Back after P50',
      'Back after max',
      'PUBLISH to PUBACK P95, before the rebind',
      'PUBLISH to PUBACK P95, after the rebind',
      'Messages missing',
    ]);
    const quiet = [tcp, tls].map((one) => ({ ...one, events: [], windows: {} }));
    expect(names(result(quiet))).toEqual([
      '',
      'CONNACK P50',
      'CONNACK in theory',
      'CONNACK P95',
      'PUBLISH to PUBACK P50',
      'PUBLISH to PUBACK P95',
      'Messages missing',
    ]);
  });

  it('turns the table where arms do not fit beside each other, and keeps to the width', () => {
    const many = ['tcp', 'tls12', 'tls12-ticket', 'tls', 'tls-ticket', 'quic', 'quic-ticket', 'quic-0rtt'];
    const text = renderScreen(shown(many.map((arm) => cell(arm, 30_000))));
    expect(parts(text)[1]).toMatchInlineSnapshot(`
      "                                                    PUBLISH to
                                                 Went on      PUBACK
                         CONNACK  CONNACK in   after the  P95, after
      Network 30ms           P50      theory      rebind  the rebind
        TCP              60.7 ms     60.0 ms    0 of 200      3.04 s
        tls12            60.7 ms     60.0 ms    0 of 200      3.04 s
        tls12-ticket     60.7 ms     60.0 ms    0 of 200      3.04 s
        TLS              90.7 ms     90.0 ms    0 of 200      3.04 s
        tls-ticket       60.7 ms     60.0 ms    0 of 200      3.04 s
        QUIC             60.7 ms     60.0 ms  200 of 200     48.0 ms
        quic-ticket      60.7 ms     60.0 ms    0 of 200      3.04 s
        quic-0rtt        60.7 ms     60.0 ms    0 of 200      3.04 s"
    `);
  });

  it('says first and in full what did not hold', () => {
    const text = renderScreen(shown(demo(), { expectations: missed(2) }));
    expect(parts(text)[3]).toMatchInlineSnapshot(`
      "MISSED: quic@30ms.connect.connack.p50 < 0.8 * tls@30ms.connect.connack.p50;
          found quic@30ms: 64.0 ms, asked < 51.2 ms; doubted: late-dials,
          machine-bound
      MISSED: quic@30ms.connect.connack.p51 < 0.8 * tls@30ms.connect.connack.p50;
          found quic@30ms: 64.0 ms, asked < 51.2 ms; doubted: late-dials,
          machine-bound
      0 of 2 expectations held"
    `);
  });

  it('has a line for every doubt that is marked on it, and names the others', () => {
    const text = renderScreen(shown(withDoubts(demo(), late(), late('after'), bound, few)));
    const marked = new Set(
      [...text.replace(/^Doubts about .*$/m, '').matchAll(/(?<=\S) \?(\d+(?:,\d+)*)/g)].flatMap(([, list = '']) =>
        list.split(','),
      ),
    );
    const told = [...text.matchAll(/^\?(\d+) /gm)].map(([, note]) => note);
    expect([...marked].sort()).toEqual(told);
    expect(text).toContain('\n?2 machine-bound (6 of 6 cells): other programs used 1.6 of 2 cores\n');
    expect(text).toContain('\nDoubts about numbers not shown here: ?3 few-samples\n');
  });

  it('says why cells have no numbers, and what went wrong for clients by no event of the run', () => {
    const [tcp, tls, quic] = demo() as [Cell, Cell, Cell];
    const lost = { code: 'MQB_LOST', message: 'connection to mqtt://h:1 lost: reset', count: 200 };
    const odd = { code: 'MQB_ACK_TWICE', message: 'the broker acknowledged a publish twice', count: 3 };
    const failed = { code: 'MQB_CERTIFICATE', message: 'certificate refused', hint: 'use --ca' };
    const text = renderScreen(
      shown([
        { ...tcp, errors: [lost] },
        { ...tls, status: 'failed', error: failed },
        { ...quic, errors: [odd] },
      ]),
    );
    expect(parts(text)[2]).toMatchInlineSnapshot(`
      "tls@1ms failed: certificate refused. use --ca
      Failed: quic@1ms: the peer broke the protocol 3 times (MQB_ACK_TWICE)
      3 × the broker acknowledged a publish twice (MQB_ACK_TWICE), in quic@1ms"
    `);
  });

  it('is at most 40 lines of 80 columns, whatever happened', () => {
    const names = [
      'tcp',
      'tls',
      'quic',
      'ws',
      'wss',
      'quic-0rtt-bbr',
      'tls12-nginx-ticket',
      'a-very-long-name-of-an-arm',
    ];
    const troubles = [
      'late-dials',
      'loop-delay',
      'rate-missed',
      'broker-bound',
      'generator-bound',
      'not-drained',
    ] as const;
    for (const armCount of [3, 8]) {
      for (const rtts of [1, 7]) {
        for (const bad of [2, 30]) {
          const cells = Array.from({ length: rtts }, (_, i) =>
            names.slice(0, armCount).map((arm) => ({
              ...cell(arm, (i + 1) * 1000),
              errors: Array.from({ length: bad }, (_unused, nth) => ({
                code: 'MQB_ODD',
                message: `the broker did something of which nobody has heard, in ${'many words '.repeat(nth)}`,
                count: nth + 1,
              })),
              doubts: [late(), bound, few, ...(bad > 0 ? troubles.map((code): Doubt => ({ ...bound, code })) : [])],
            })),
          ).flat();
          const first = cells[0] as Cell;
          const some = bad === 30 ? [{ ...first, status: 'failed' as const }, ...cells.slice(1)] : cells;
          for (const of of [result, shown]) {
            const text = renderScreen(of(some, { expectations: missed(bad) }));
            const lines = text.split('\n');
            const about = `${armCount} arms, ${rtts} networks, ${bad} of each trouble:\n${text}`;
            expect(lines.length, about).toBeLessThanOrEqual(40);
            expect(Math.max(...lines.map((line) => line.length)), about).toBeLessThanOrEqual(80);
          }
        }
      }
    }
  });

  it('means the same without colours', () => {
    const of = shown(withDoubts(demo(), late(), bound, few), { expectations: missed(3) });
    const coloured = renderScreen(of, { colour: true });
    const start = String.fromCharCode(27);
    expect(coloured).toContain(start);
    const without = coloured.replaceAll(new RegExp(`${start}\\[\\d+m`, 'g'), '').replace(/[ \t]+$/gm, '');
    expect(without).toBe(renderScreen(of));
  });

  it('says that nothing finished', () => {
    expect(renderScreen(result([], { status: 'interrupted', planned: ['tcp@30ms'] }))).toMatchInlineSnapshot(`
      "TCP, TLS and QUIC side by side, then every client's address changes
      AMD EPYC, 2 cores, lab on tun, seed 1; one repeat

      No cell of 1 finished; there is nothing to report."
    `);
  });
});
