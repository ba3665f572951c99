import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import { headline } from '../../../../src/report/headline/headline.js';
import { renderHtml } from '../../../../src/report/html/report.js';
import { resultJunit } from '../../../../src/report/junit/result.js';
import { renderMarkdown } from '../../../../src/report/markdown.js';
import { armsOn } from '../../../../src/report/rows/builders.js';
import { marksOf } from '../../../../src/report/rows/marks.js';
import { renderTable } from '../../../../src/report/terminal/table.js';
import type { Cell, Doubt, NumberName, Result, Search } from '../../../../src/result/types.js';
import { normal } from '../../../helpers/result-builder.js';
import { around, cell, metricSet, result } from '../made-up.js';

const connack: NumberName = { metric: 'connect.connack', statistic: 'p50' };

/** The arms that are marked as the best of a number, on the one network there is. */
function bestOf(of: Result, name: NumberName): string[] {
  const arms = armsOn(of, '30ms');
  const marked = marksOf(of).ofRow(arms, { values: arms.map(() => 'shown'), number: name });
  return arms.filter((_, i) => marked[i]?.best).map(({ arm }) => arm);
}

/** Repeats of arms with a median each, varying by so much from repeat to repeat. */
function repeats(
  medians: Readonly<Record<string, number>>,
  count: number,
  more: { spread?: number; random?: Random; values?: (arm: string) => Cell['metrics']['values'] } = {},
): Cell[] {
  const { spread = 0.01, random = new Random(1), values } = more;
  return Object.entries(medians).flatMap(([arm, median]) =>
    Array.from({ length: count }, (_, i) =>
      cell(arm, 30_000, {
        id: `${arm}@30ms#${i + 1}`,
        repeat: i + 1,
        metrics: metricSet(
          {
            'connect.connack': around(median * Math.exp(spread * normal(random)), 0.1, 1000),
            'reconnect.connack': around(median * 10, 0.1, 1000),
          },
          values?.(arm),
        ),
        windows: {},
        events: [],
      }),
    ),
  );
}

describe('the best of a row', () => {
  it('is the group that is surely better than each of the others', () => {
    expect(bestOf(result(repeats({ tcp: 61e3, tls: 98e3, quic: 61.2e3 }, 4)), connack)).toEqual(['tcp', 'quic']);
    expect(bestOf(result(repeats({ tcp: 61e3, tls: 98e3, quic: 75e3 }, 4)), connack)).toEqual(['tcp']);
  });

  it('is not known from one repeat, nor where repeats vary by as much as the arms differ', () => {
    expect(bestOf(result(repeats({ tcp: 61e3, tls: 98e3 }, 1)), connack)).toEqual([]);
    expect(bestOf(result(repeats({ tcp: 61e3, tls: 63e3 }, 4, { spread: 0.05 })), connack)).toEqual([]);
  });

  it('is not marked where anything of the row is doubted, by whichever doubt', () => {
    const doubts: Doubt[] = [
      { code: 'broker-bound', message: 'x' },
      { code: 'resumed-apart', message: 'x' },
      { code: 'loop-delay', message: 'x', phase: 'connect' },
      { code: 'few-samples', message: 'x', metric: 'connect.connack', statistics: ['p50'] },
    ];
    for (const doubt of doubts) {
      const [first, ...others] = repeats({ tcp: 61e3, tls: 98e3 }, 4);
      expect(bestOf(result([{ ...first!, doubts: [doubt] }, ...others]), connack), doubt.code).toEqual([]);
    }
  });

  it('is not marked where a number of the row is only the least that it can be', () => {
    const cells = repeats({ tcp: 61e3, tls: 98e3 }, 4);
    const bounded = cells.map((one, i) => {
      const { 'connect.connack': connack, ...rest } = one.metrics.distributions;
      const bound = { ...connack!, outstanding: 3, atLeast: ['p99', 'p50'] as const };
      const distributions = { ...rest, 'connect.connack': bound };
      return i === 5 ? { ...one, metrics: { ...one.metrics, distributions } } : one;
    });
    expect(bestOf(result(cells), connack)).toEqual(['tcp']);
    expect(bestOf(result(bounded), connack)).toEqual([]);
  });

  it('is not marked in rows that exist only after trouble', () => {
    const cells = result(repeats({ tcp: 61e3, tls: 98e3 }, 4));
    expect(bestOf(cells, { metric: 'reconnect.connack', statistic: 'p50' })).toEqual([]);
  });

  it('is no rate that reaches what was offered: more is a backlog that went through', () => {
    const achieved: NumberName = { metric: 'rate.achieved', statistic: 'value' };
    const at = (rates: Readonly<Record<string, number>>) =>
      result(
        repeats({ tcp: 1e3, tls: 1e3, quic: 1e3 }, 3, {
          values: (arm) => ({ 'rate.offered': 100, 'rate.achieved': rates[arm] }),
        }),
      );
    expect(bestOf(at({ tcp: 100, tls: 93, quic: 106 }), achieved)).toEqual([]);
    expect(bestOf(at({ tcp: 70, tls: 60, quic: 60 }), achieved)).toEqual(['tcp']);
  });

  it('is no capacity within a step of another, however often the cells were repeated', () => {
    const capacity: NumberName = { metric: 'rate.capacity', statistic: 'value' };
    const held: Record<string, number> = { quic: 5393, moving: 4472, tcp: 11_404 };
    const missed: Record<string, number> = { quic: 6503, moving: 5393, tcp: 13_752 };
    const searches = Object.keys(held).map((arm): Search => {
      const rates = { ratePerSecond: held[arm] as number, missedPerSecond: missed[arm] as number };
      return { arm, network: '30ms', ...rates, probes: [] };
    });
    const of = (...arms: string[]) => {
      const medians = Object.fromEntries(arms.map((arm) => [arm, 1e3]));
      return result(repeats(medians, 3, { values: (arm) => ({ 'rate.capacity': held[arm] }) }), { searches });
    };
    expect(bestOf(of('quic', 'moving'), capacity)).toEqual([]);
    expect(bestOf(of('quic', 'moving', 'tcp'), capacity)).toEqual(['tcp']);
    expect(renderTable(of('quic', 'moving'))).toMatch(/Highest rate held +5,393–6,503\/s +4,472–5,393\/s$/m);
  });

  it('is there by accident in at most 5 % of results whose arms are the same', () => {
    const random = new Random(7);
    const names = ['connect.transport', 'connect.connack', 'connect.suback', 'publish.ack', 'delivery.e2e'] as const;
    let alarms = 0;
    for (let run = 0; run < 300; run++) {
      const cells = ['tcp', 'tls', 'quic'].flatMap((arm) =>
        [1, 2, 3].map((repeat) => {
          const noisy = () => around(30e3 * Math.exp(0.1 * normal(random)), 0.1, 1000);
          const metrics = metricSet(Object.fromEntries(names.map((name) => [name, noisy()])));
          return cell(arm, 30_000, { id: `${arm}#${repeat}`, repeat, metrics, windows: {}, events: [] });
        }),
      );
      const of = result(cells);
      const numbers = names.flatMap((metric) =>
        (['p50', 'p95', 'p99'] as const).map((statistic) => ({ metric, statistic })),
      );
      if (numbers.some((name) => bestOf(of, name).length > 0)) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(15);
  });
});

/** One doubt of each reach, all of them at TLS. */
const doubts: readonly Doubt[] = [
  { code: 'broker-bound', message: 'of the whole cell' },
  { code: 'late-sends', metric: 'publish.ack', window: 'after', message: 'of a number in a window' },
  { code: 'few-samples', metric: 'publish.ack', statistics: ['p95', 'p99'], message: 'of a percentile' },
  { code: 'window-backlog', window: 'before', message: 'of a window' },
  { code: 'generator-bound', phase: 'connect', message: 'of connecting' },
];
const doubted = (networks: readonly number[]) =>
  result(
    networks.flatMap((rtt) => ['tcp', 'tls'].map((arm) => cell(arm, rtt, arm === 'tls' ? { doubts } : {}))),
    { doubts: [{ code: 'teardown-failed', message: 'of the result' }] },
  );

describe('doubts', () => {
  /** `label detail: marks at TLS` of the rows of a table of text. */
  const marksAt = (lines: readonly string[], row: RegExp): string[] =>
    lines.filter((line) => row.test(line)).map((line) => /(\?[\d,]+)?\W*$/.exec(line)?.[1] ?? 'none');

  it('stand at the same numbers in the terminal and in Markdown', () => {
    const expected = {
      ' P50': ['?5', '?5', '?5', '?4', '?4', '?2', 'none', 'none'],
      ' P95': ['?5', '?5', '?5', '?3,4', '?2,3', 'none'],
    };
    const table = renderTable(doubted([30_000])).split('\n');
    const markdown = renderMarkdown(doubted([30_000])).split('\n');
    const every = markdown.slice(markdown.findIndex((line) => line.includes('Every number')));
    for (const [row, marks] of Object.entries(expected)) {
      expect(marksAt(table, new RegExp(`${row} `)), 'terminal').toEqual(marks);
      expect(marksAt(every, new RegExp(`${row} \\|`)), 'Markdown').toEqual(marks);
    }
    expect(table[0]).toMatch(/ \?6$/);
    expect(table.find((line) => line.startsWith('Network'))).toMatch(/ TCP +TLS \?1$/);
    expect(markdown[0]).toMatch(/ \?6$/);
    expect(every).toContain('| Network 30ms, round trip 30.0 ms | TCP | TLS ?1 |');
  });

  it('stand at the same numbers in the matrix of report.html, and lead to their notes', () => {
    const html = renderHtml([doubted([30_000])]);
    const row = (name: string): string[] => {
      const from = html.indexOf(`<span title="${name}: `, html.indexOf('<section id="r1-matrix">'));
      const cells = html.slice(from, html.indexOf('</tr>', from)).split('<td>').slice(1);
      return cells.map((one) => [...one.matchAll(/href="#r1-doubt-(\d+)"/g)].map(([, note]) => note).join(','));
    };
    expect(from(html, '<thead>', '</thead>')).toContain('TLS</span> <a class="warn" href="#r1-doubt-1">?1</a>');
    expect(from(html, '<h1>', '</h1>')).toContain('href="#r1-doubt-6">?6</a>');
    expect(row('connect.connack.p50')).toEqual(['', '5']);
    expect(row('before.publish.ack.p50')).toEqual(['', '4']);
    expect(row('before.publish.ack.p95')).toEqual(['', '3,4']);
    expect(row('after.publish.ack.p95')).toEqual(['', '2,3']);
    for (const note of [1, 2, 3, 4, 5, 6]) expect(html).toContain(`<li id="r1-doubt-${note}">`);
  });

  it('stand at the numbers of overviews too, those about the arm among them', () => {
    const text = renderTable(doubted([1, 2, 3, 4, 5, 6, 7].map((ms) => ms * 1000)));
    const connects = text.slice(text.indexOf('CONNACK P50'), text.indexOf('CONNACK P95'));
    expect(marksAt(connects.split('\n'), /^ {2}\dms/)).toEqual(new Array(7).fill('?1,5'));
  });

  it('stand at what the headline compares', () => {
    const [connects, survival, silence] = headline(doubted([30_000]));
    expect(connects).toBe(
      'At 30 ms round trip TCP clients were connected in 60.7 ms and TLS in 90.7 ms ?1,5 (median to CONNACK).',
    );
    expect(survival).toContain('all 200 TLS clients reconnected ?1, the slowest after 4.14 s ?1.');
    expect(silence).toBeUndefined();
  });

  it('are told in junit.xml with their code and what they are about', () => {
    const xml = resultJunit([doubted([30_000])]);
    expect(xml).toContain('doubt few-samples (publish.ack p95, p99): of a percentile');
    expect(xml).toContain('doubt late-sends (publish.ack in after): of a number in a window');
    expect(/<system-out>([^<]*)<\/system-out>\s*<\/testsuite>/.exec(xml)?.[1]).toMatchInlineSnapshot(
      `"At 30 ms round trip TCP clients were connected in 60.7 ms and TLS in 90.7 ms ?1,5 (median to CONNACK).&#10;After the rebind all 200 TCP clients reconnected, the slowest after 4.14 s; all 200 TLS clients reconnected ?1, the slowest after 4.14 s ?1.&#10;CONNACK P50, 30ms: TCP 60.7 ms, TLS 90.7 ms ?1,5&#10;Went on after the rebind, 30ms: TCP 0 of 200, TLS 0 of 200 ?1&#10;Back after P50, 30ms: TCP 2.30 s, TLS 2.30 s ?1&#10;Back after max, 30ms: TCP 4.14 s, TLS 4.14 s ?1&#10;PUBLISH to PUBACK P95, before the rebind, 30ms: TCP 33.0 ms, TLS 33.0 ms ?1,3,4&#10;PUBLISH to PUBACK P95, after the rebind, 30ms: TCP 3.04 s, TLS 3.04 s ?1,2,3&#10;Messages missing, 30ms: TCP 0, TLS 0 ?1&#10;?1 tls@30ms: of the whole cell&#10;?2 tls@30ms: publish.ack: of a number in a window [in after]&#10;?3 tls@30ms: publish.ack: of a percentile&#10;?4 tls@30ms: of a window [in before]&#10;?5 tls@30ms: of connecting&#10;?6 all cells: of the result"`,
    );
  });

  it('of one code are one note, with the range of each number, the windows and the cells', () => {
    const late = (share: string, window?: string): Doubt => ({
      code: 'late-sends',
      metric: 'publish.ack',
      ...(window ? { window } : {}),
      message: `${share} of the publishes${window ? ` in "${window}"` : ''} were late (P99 950 ms)`,
    });
    const cells = [
      cell('tcp', 30_000, { doubts: [late('7.89 %'), late('1.01 %', 'after')] }),
      cell('tls', 30_000, {
        doubts: [{ ...late('2.00 %'), message: '2.00 % of the publishes were late (P99 1.05 s)' }],
      }),
    ];
    expect(marksOf(result(cells)).notes.lines()).toEqual([
      '?1 tcp@30ms, tls@30ms: publish.ack: 1.01–7.89 % of the publishes were late (P99 950 ms–1.05 s) [also in after]',
    ]);
  });

  it('of few samples are judged again in results of schema 1, which knew the P99 of the whole only', () => {
    const old: Doubt = { code: 'few-samples', metric: 'publish.ack', message: '12 samples: fewer than 2 …' };
    const few = metricSet({ 'publish.ack': around(30e3, 0.1, 12) });
    const one = cell('tcp', 30_000, { metrics: few, windows: {}, events: [], doubts: [old] });
    expect(renderTable(result([one]))).toMatch(
      /PUBACK P50 +30\.0 ms\n.*PUBACK P95 +34\.5 ms \?1\n.*PUBACK P99 +36\.0 ms \?1\n/,
    );
  });
});

describe('numbers', () => {
  it('that hold unfinished operations are printed as the least that they can be', () => {
    const ack = { ...around(30e3, 0.1, 1000), outstanding: 20, atLeast: ['p99', 'max'] as const };
    const one = cell('tcp', 30_000, { metrics: metricSet({ 'publish.ack': ack }), windows: {}, events: [] });
    const of = result([one, cell('tls', 30_000, { windows: {}, events: [] })]);
    expect(renderTable(of)).toMatch(/P95 +34\.5 ms +33\.0 ms\n.* P99 +>= 36\.0 ms/);
    expect(renderMarkdown(of)).toContain('| PUBLISH to PUBACK P99 | >= 36.0 ms |');
  });
});

function from(text: string, start: string, end: string): string {
  const at = text.indexOf(start);
  return text.slice(at, text.indexOf(end, at));
}
