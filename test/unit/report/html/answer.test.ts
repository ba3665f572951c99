import { describe, expect, it } from 'vitest';
import { headline } from '../../../../src/report/headline/headline.js';
import { renderHtml } from '../../../../src/report/html/report.js';
import { armsOn } from '../../../../src/report/rows/builders.js';
import { sectionsOf } from '../../../../src/report/rows/rows.js';
import type { Cell, Result } from '../../../../src/result/types.js';
import { buildResult } from '../../../helpers/result-builder.js';

function withCells(result: Result, change: (cell: Cell) => Partial<Cell>): Result {
  return { ...result, cells: result.cells.map((cell) => ({ ...cell, ...change(cell) })) };
}

const small = buildResult({ networks: [30], repeats: 1 });

function between(text: string, start: string, end: string): string {
  const at = text.indexOf(start);
  return at < 0 ? '' : text.slice(at, text.indexOf(end, at));
}

describe('report.html', () => {
  const document = renderHtml([small]);

  it('begins with the answer: verdicts, the headline, the chart that shows it, the rows that are the point', () => {
    const parts = [
      '<h1>',
      '<ul class="verdicts">',
      '<div class="headline">',
      '<figure>',
      '<div class="tables">',
      '<nav>',
    ];
    const places = parts.map((part) => document.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(document.indexOf('<section')).toBeGreaterThan(places.at(-1) as number);
    const words = between(document, '<div class="headline">', '</div>').replaceAll('\u00a0', ' ');
    for (const sentence of headline(small)) expect(words).toContain(`<p>${sentence}</p>`);
    expect(between(document, '<figure>', '</h5>')).toContain('Messages received per second');
  });

  it('says first what did not hold, with what was found', () => {
    const judged = {
      ...small,
      expectations: [
        { text: 'a == 1', outcome: 'held', found: '1' },
        { text: 'b < 1', outcome: 'missed', found: '2' },
      ] as const,
    };
    expect(between(renderHtml([judged]), '<p class="verdict', '</ul>')).toMatchInlineSnapshot(
      `"<p class="verdict bad">1 of 2 expectations held</p><ul class="verdicts"><li><span class="bad">✗</span> b &lt; 1 <small>MISSED: 2</small></li><li><span class="good">✓</span> a == 1</li>"`,
    );
  });

  it('draws as its one chart the first number of the point, where nothing happened to the clients', () => {
    const calm = buildResult({ networks: [30], repeats: 1, rebind: false });
    const chart = (of: Result): string => between(renderHtml([of]), '<figure>', '</h5>');
    expect(chart(calm)).toContain('CONNACK on 30ms: percentiles');
    const bytes = withCells(
      { ...calm, scenario: { ...calm.scenario, show: [{ metric: 'wire.message.up', statistic: 'value' }] } },
      (cell) => ({ metrics: { ...cell.metrics, values: { 'wire.message.up': 126 } } }),
    );
    expect(chart(bytes)).toContain('Bytes per message up');
  });

  it('calls its rows by words, and by the names of the registry where one points at them', () => {
    const matrix = between(document, '<section id="r1-matrix">', '</section>');
    expect(matrix).toContain('<span title="connect.connack.p95: connect due → CONNACK received">CONNACK P95</span>');
    const heads = [...matrix.matchAll(/<th scope="row">(?:<span[^>]*>)?([^<]+)/g)].map(([, head]) => head as string);
    expect(heads.filter((head) => /^[a-z]+\./.test(head))).toEqual([]);
    expect(heads.length).toBeGreaterThan(30);
  });

  it('has the rows of the terminal with --full', () => {
    const matrix = between(document, '<section id="r1-matrix">', '</section>');
    const arms = armsOn(small, '30ms');
    const rows = sectionsOf(arms).flatMap((one) => one.rows);
    const heads = [...matrix.matchAll(/<th scope="row">(?:<span[^>]*>)?([^<]+)/g)].map(([, head]) => head);
    expect(heads).toEqual(rows.map(({ label, detail }) => (detail === '' ? label : `${label} ${detail}`)));
  });

  it('gives each arm one colour in every chart, whichever of them has run', () => {
    const colours = (of: Result): string[] =>
      [...renderHtml([of]).matchAll(/<span class="arm (arm\d)">(\w+)</g)].map(([, colour, arm]) => `${arm} ${colour}`);
    const quicOnly = { ...small, cells: small.cells.filter(({ arm }) => arm === 'quic') };
    expect(new Set(colours(small))).toEqual(new Set(['TCP arm1', 'TLS arm2', 'QUIC arm3']));
    expect(new Set(colours(quicOnly))).toEqual(new Set(['QUIC arm3']));
  });

  it('keeps the colours of arms for arms: bars of stages, roles and directions have others', () => {
    for (const id of ['stages', 'resources', 'wire']) {
      const drawn = between(document, `<section id="r1-${id}">`, '</section>');
      expect(drawn, id).toContain('fill="var(--p1');
      expect(drawn, id).not.toMatch(/fill="var\(--c\d/);
    }
  });

  it('draws charts that are looked at together with one kind of axis, and says which', () => {
    const two = renderHtml([buildResult({ networks: [1, 30], repeats: 1 })]);
    const details = between(two, '<section id="r1-distributions">', '</section>').split('<details').slice(1);
    for (const one of details) {
      const axes = [...one.matchAll(/>latency(, logarithmic)?</g)].map(([, kind = 'linear']) => kind);
      expect(axes.length).toBeGreaterThan(3);
      expect(new Set(axes).size, one.slice(0, 200)).toBe(1);
    }
  });
});
