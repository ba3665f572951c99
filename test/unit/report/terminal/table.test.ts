import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../../../src/report/html/report.js';
import { resultJunit } from '../../../../src/report/junit/result.js';
import { renderMarkdown } from '../../../../src/report/markdown.js';
import { renderTable } from '../../../../src/report/terminal/table.js';
import type { Cell, ErrorCount, Result } from '../../../../src/result/types.js';
import { errorsOfCell } from '../../../../src/run/collect.js';
import { around, cell, metricSet, result } from '../made-up.js';

const demo = () => [1000, 30_000].flatMap((rtt) => ['tcp', 'tls', 'quic'].map((arm) => cell(arm, rtt)));
const lineOf = (text: string, start: string): string =>
  text.split('\n').find((line) => line.trim().startsWith(start)) ?? '';
/** Three arms on one network, so many times, each a little different. */
const repeated = (repeats: number): Cell[] =>
  Array.from({ length: repeats }, (_, i) =>
    ['tcp', 'tls', 'quic'].map((arm) => cell(arm, 30_000 + i, { repeat: i + 1, id: `${arm}@30ms#${i + 1}`, network })),
  ).flat();
const network = { name: '30ms', profile: {}, rttMicros: 30_000 };
const withDoubt = (one: Cell): Cell => ({
  ...one,
  doubts: [
    {
      code: 'few-samples',
      metric: 'connect.connack',
      message: '20 samples carry no P99',
      advice: 'take 1,000 clients',
    },
    { code: 'generator-bound', message: 'the generator used 97 % of its processor' },
  ],
});

describe('the table', () => {
  it('shows a network with its arms side by side', () => {
    const text = renderTable(result(demo().slice(3)));
    expect(text).toMatchInlineSnapshot(`
      "TCP, TLS and QUIC side by side, then every client's address changes
      AMD EPYC, 2 cores, Linux 6.18.44, Node v20.20.2, mqbench 0.1.0, lab on tun, 1
      load worker, seed 1

      Network 30ms, round trip 30.0 ms             TCP             TLS            QUIC
      Connecting, from when the connect was due
        Transport ready P50                    30.7 ms         60.7 ms         30.7 ms
        Transport ready P95                    33.0 ms         65.3 ms         33.0 ms
        Transport ready P99                    33.8 ms         66.8 ms         33.8 ms
        Transport ready in theory        1 RTT 30.0 ms   2 RTT 60.0 ms   1 RTT 30.0 ms
        CONNACK P50                            60.7 ms         90.7 ms         60.7 ms
        CONNACK P95                            65.3 ms         97.5 ms         65.3 ms
        CONNACK P99                            66.8 ms         99.8 ms         66.8 ms
        CONNACK in theory                2 RTT 60.0 ms   3 RTT 90.0 ms   2 RTT 60.0 ms
        SUBACK P50                             90.7 ms          121 ms         90.7 ms
        SUBACK P95                             97.5 ms          130 ms         97.5 ms
        SUBACK P99                             99.8 ms          133 ms         99.8 ms
        SUBACK in theory                 3 RTT 90.0 ms    4 RTT 120 ms   3 RTT 90.0 ms
      Publishing, before the rebind
        PUBLISH to PUBACK P50                  30.7 ms         30.7 ms         30.7 ms
        PUBLISH to PUBACK P95                  33.0 ms         33.0 ms         33.0 ms
        PUBLISH to PUBACK P99                  33.8 ms         33.8 ms         33.8 ms
        Delivered P50                          30.7 ms         30.7 ms         30.7 ms
        Delivered P99                          33.8 ms         33.8 ms         33.8 ms
      Publishing, after the rebind
        PUBLISH to PUBACK P50                   1.90 s          1.90 s         30.0 ms
        PUBLISH to PUBACK P95                   3.04 s          3.04 s         48.0 ms
        PUBLISH to PUBACK P99                   3.42 s          3.42 s         54.0 ms
        Longest silence P50                     2.80 s          2.80 s          700 ms
        Longest silence max                     3.92 s          3.92 s          980 ms
      Clients after the rebind
        Went on                               0 of 200        0 of 200      200 of 200
        Reconnected                         200 of 200      200 of 200        0 of 200
        Did not come back                     0 of 200        0 of 200        0 of 200
        Back after P50                          2.30 s          2.30 s               -
        Back after P95                          2.99 s          2.99 s               -
        Back after max                          4.14 s          4.14 s               -
      Over the whole cell
        Clients connected                   200 of 200      200 of 200      200 of 200
        Messages missing                             0               0               0
        Messages duplicate                         412             412               0
        Packets, bytes up               12,345 1.23 MB  12,345 1.23 MB  12,345 1.23 MB
        Packets, bytes down              1.23M 1.23 MB   1.23M 1.23 MB   1.23M 1.23 MB
        Processor time generator                2.80 s          2.80 s          2.80 s
        Processor time broker                   1.40 s          1.40 s          1.40 s
      Further numbers
        Messages due                             4,000           4,000           4,000

      * best of its row, beyond what repeats vary by, and nothing in the row doubted;
      theory: round trips × the round trip asked for; one repeat, which says nothing
      about how much a number varies, so no best is marked"
    `);
  });

  it('fits 80 columns, also with many arms, long names, big numbers, doubts and failures', () => {
    const big = metricSet(
      { 'connect.connack': around(95e6) },
      { 'clients.asked': 100_000, 'clients.connected': 99_999 },
    );
    const arms = ['tcp', 'tls', 'tls12-nginx', 'quic', 'quic-0rtt-bbr', 'a-very-long-name-of-an-arm'];
    const cells = arms.map((arm, i) => ({ ...withDoubt(cell(arm, 30_000)), ...(i === 3 ? { metrics: big } : {}) }));
    const failed = {
      status: 'failed',
      error: { code: 'X', message: `connect to ${'mqtts://10.0.0.1:8883 '.repeat(9)}` },
    } as const;
    cells[1] = { ...cells[1]!, ...failed };
    const expectations = [
      { text: 'quic.clients.lost == 0 '.repeat(6), outcome: 'held', found: 'in all cells '.repeat(20) },
    ] as const;
    const text = renderTable(result(cells, { expectations }));
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const arm of arms.slice(0, 5)) expect(text).toContain(arm);
  });

  it('marks the best of a row once there are repeats, by the direction of its metric', () => {
    const text = renderTable(result(repeated(3)));
    expect(lineOf(text, 'CONNACK')).toMatch(/60\.7 ms\* +90\.7 ms +60\.7 ms\*$/);
    expect(lineOf(text, 'Went on')).toMatch(/0 of 600 +0 of 600 +600 of 600\*$/);
    expect(lineOf(text, 'PUBLISH')).toMatch(/30\.7 ms +30\.7 ms +30\.7 ms$/);
    expect(lineOf(text, 'Back after')).toMatch(/2\.30 s +2\.30 s +-$/); // who never lost a client has none
    expect(text).toContain('medians of 3 repeats,');
  });

  it('puts a doubt beside the numbers it doubts, and beside the arm when it doubts all', () => {
    const [tcp, tls, quic] = demo();
    const text = renderTable(result([tcp!, withDoubt(tls!), quic!]));
    expect(lineOf(text, 'Network')).toMatch(/ TCP +TLS \?1 +QUIC$/);
    expect(text).toMatch(/P99 +2\.97 ms +4\.07 ms \?2/);
    expect(lineOf(text, 'CONNACK')).not.toContain('?');
    expect(lineOf(text, 'SUBACK')).not.toContain('?');
    expect(text).toContain('?1 tls@1ms: the generator used 97 % of its processor');
    expect(text).toContain('?2 tls@1ms: connect.connack: 20 samples carry no P99 (take 1,000 clients)');
  });

  it('has no rows of messages when nothing was to be published, also where windows count 0 of them', () => {
    const none = { 'messages.offered': 0, 'messages.acknowledged': 0, 'rate.achieved': 0 };
    const quiet = demo().map((one) => ({
      ...one,
      metrics: { ...one.metrics, values: { 'clients.asked': 200, 'clients.connected': 200 } },
      windows: { before: metricSet({}, none), after: metricSet({}, none) },
    }));
    expect(renderTable(result(quiet))).not.toMatch(/Publishing|Acknowledged|silence/);
  });

  it('says which cells have no numbers and why', () => {
    const [tcp, tls] = demo();
    const error = { code: 'MQB_CERTIFICATE', message: 'certificate refused', hint: 'use --ca' };
    const text = renderTable(result([tcp!, { ...tls!, status: 'failed', error }]));
    expect(text).toContain('without numbers, see below: TLS');
    expect(text).toContain('tls@1ms failed: certificate refused. use --ca');
    const none = renderTable(
      result([{ ...tls!, status: 'unsupported', error: { code: 'X', message: 'nginx is not installed' } }]),
    );
    expect(none).toContain('tls@1ms is not possible here: nginx is not installed');
  });

  it('shows more than six networks as one table per number, networks down', () => {
    const cells = [1, 2, 3, 4, 5, 6, 7].flatMap((ms) =>
      ['tcp', 'tls', 'ws', 'wss', 'quic'].map((arm) => cell(arm, ms * 1000)),
    );
    const text = renderTable(result(cells));
    expect(lineOf(text, 'CONNACK P50')).toMatch(/CONNACK P50 +TCP +TLS +WS +WSS +QUIC$/);
    expect(lineOf(text, '7ms')).toMatch(/7ms +14\.7 ms +21\.7 ms +14\.7 ms +14\.7 ms +14\.7 ms$/);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('shows medians of repeats and says so', () => {
    const repeats = [50_000, 60_000, 95_000].map((p50, i) => ({
      ...cell('tcp', 30_000, { repeat: i + 1, id: `tcp@30ms#${i + 1}` }),
      metrics: metricSet({ 'connect.connack': around(p50) }),
    }));
    const text = renderTable(result(repeats));
    expect(lineOf(text, 'CONNACK')).toMatch(/60\.0 ms$/);
    expect(text).toContain('medians of 3 repeats');
    expect(lineOf(text, 'CONNACK P99')).toMatch(/72\.0 ms$/);
  });

  it('renders a run that was interrupted before anything was measured', () => {
    expect(renderTable(result([], { status: 'interrupted' }))).toContain('TCP, TLS and QUIC side by side');
  });

  it('uses colours only when asked to', () => {
    const sequence = '\u001b[';
    expect(renderTable(result(demo()))).not.toContain(sequence);
    const coloured = renderTable(result(demo()), { colour: true });
    const uncoloured = coloured.replaceAll(new RegExp(`${'\u001b'}\\[\\d+m`, 'g'), '').replace(/[ \t]+$/gm, '');
    expect(coloured).toContain(sequence);
    expect(uncoloured).toBe(renderTable(result(demo())));
  });
});

describe('what went wrong for clients', () => {
  const closed = (count: number) => ({
    code: 'MQB_CLOSED',
    message: 'the broker 198.18.0.1:1883 closed the connection',
    hint: 'a broker also does so when another client connects with the same id: give each run ids of its own',
    count,
  });
  const rebind = [
    { name: 'rebind', atMicros: 1, metrics: { distributions: {}, values: {} }, proof: { kind: 'rebind' } },
  ];
  /** In a run with that event. */
  const met = (...errors: ErrorCount[]): ErrorCount[] => errorsOfCell(errors, rebind);
  const odd = { code: 'MQB_ACK_TWICE', message: 'the broker acknowledged a publish twice', count: 3 };
  const [tcp, tls, quic, slow, slower] = demo() as [Cell, Cell, Cell, Cell, Cell];
  const troubled = result([
    { ...tcp, errors: met(closed(200)) },
    { ...tls, errors: met(closed(1000), odd) },
    { ...quic, errors: met(odd) },
    { ...slow, errors: met(closed(1)) },
    { ...slower, errors: met(closed(1)) },
    { ...cell('quic', 30_000), errors: met(closed(1)) },
  ]);

  it('keeps brokers, reasons and hints of cells apart, also where the run itself cut the connections', () => {
    const lost = (url: string, says = 'the peer reset the connection', hint = 'look at its log') => ({
      code: 'MQB_LOST',
      message: `connection to ${url} lost: ${says}`,
      hint,
      count: 50,
    });
    const silent = (url: string, seconds: string) => ({
      code: 'MQB_SILENT',
      message: `nothing came from ${url} for ${seconds} s although an answer was due`,
      count: 2,
    });
    const early = (url: string, hint: string) => ({
      code: 'MQB_CLOSED_EARLY',
      message: `the broker ${url} closed the connection before CONNACK`,
      hint,
      count: 1,
    });
    const text = renderTable(
      result([
        { ...tcp, errors: met(lost('mqtt://198.18.0.1:41577')) },
        { ...tls, errors: met(lost('mqtts://198.18.0.1:36475')) },
        { ...slow, events: [], errors: [lost('mqtt://198.18.0.1:41577'), early('mqtt://[::1]:1', 'TLS?')] },
        {
          ...slower,
          events: [],
          errors: [lost('mqtts://h:2', 'the network became unreachable', 'dead path'), silent('mqtts://h:2', '30.1')],
        },
        {
          ...cell('quic', 30_000),
          events: [],
          errors: [silent('quic://h:3', '29.8'), early('quic://h:3', 'certificate?')],
        },
      ]),
    );
    const from = text.indexOf('Errors that clients met');
    expect(text.slice(from, text.indexOf('\n\n', from))).toMatchInlineSnapshot(`
      "Errors that clients met
        100 × connection to the broker lost: the peer reset the connection
           (MQB_LOST), in tcp@1ms (mqtt://198.18.0.1:41577), tls@1ms
           (mqtts://198.18.0.1:36475)
           → this run’s own rebind ends connections so; of any others: look at its
             log
        50 × connection to mqtt://198.18.0.1:41577 lost: the peer reset the
           connection (MQB_LOST), in tcp@30ms
           → look at its log
        50 × connection to mqtts://h:2 lost: the network became unreachable
           (MQB_LOST), in tls@30ms
           → dead path
        4 × nothing came from the broker for 30.1 s although an answer was due
           (MQB_SILENT), in tls@30ms (mqtts://h:2), quic@30ms (quic://h:3)
        1 × the broker mqtt://[::1]:1 closed the connection before CONNACK
           (MQB_CLOSED_EARLY), in tcp@30ms
           → TLS?
        1 × the broker quic://h:3 closed the connection before CONNACK
           (MQB_CLOSED_EARLY), in quic@30ms
           → certificate"
    `);
  });

  it('is told once per kind with what helps, in the terminal', () => {
    const text = renderTable(troubled);
    const from = text.indexOf('Errors that clients met');
    expect(text.slice(from, text.indexOf('\n\n', from))).toMatchInlineSnapshot(`
      "Errors that clients met
        1,203 × the broker 198.18.0.1:1883 closed the connection (MQB_CLOSED), in
           tcp@1ms, tls@1ms, tcp@30ms and 2 more cells
           → this run’s own rebind ends connections so; of any others: a broker
             also does so when another client connects with the same id: give each
             run ids of its own
        6 × the broker acknowledged a publish twice (MQB_ACK_TWICE), in tls@1ms,
           quic@1m"
    `);
    expect(renderTable(result(demo()))).not.toContain('Errors that clients met');
  });

  it('is told in Markdown with why the run failed, and fails a case of junit.xml', () => {
    const text = renderMarkdown(troubled);
    expect(text).toContain('**Failed**\n\n- tls@1ms: the peer broke the protocol 3 times (MQB\\_ACK\\_TWICE)\n');
    expect(text).toMatch(/- 6 × the broker acknowledged a publish twice \(MQB\\_ACK\\_TWICE\), in tls@1ms, quic@1ms\n/);
    expect(renderMarkdown(result(demo()))).not.toContain('Failed');
    const xml = resultJunit([troubled]);
    expect(xml.match(/<failure message="[^"]*"/g)).toEqual([
      '<failure message="the peer broke the protocol 3 times (MQB_ACK_TWICE)"',
      '<failure message="the peer broke the protocol 3 times (MQB_ACK_TWICE)"',
    ]);
    expect(xml).toContain('name="tls@1ms is a success"');
    expect(renderHtml([troubled])).toContain('Failed: quic@1ms: the peer broke the protocol 3 times (MQB_ACK_TWICE)');
  });
});

describe('the summary in Markdown', () => {
  const judged = (): Result =>
    result([...demo().slice(0, 2), withDoubt(demo()[2]!)], {
      expectations: [
        { text: 'quic.clients.reconnected == 0', outcome: 'held', found: 'quic@1ms: 0, asked == 0' },
        { text: 'a | b == 0', outcome: 'missed', found: 'x | y' },
      ],
    });

  it('has the rows of the table, expectations first, and every row with as many cells', () => {
    const text = renderMarkdown(judged());
    expect(text).toContain('1 of 2 expectations held.');
    expect(text).toContain('| held | `quic.clients.reconnected == 0` | quic@1ms: 0, asked == 0 |');
    expect(text).toContain('| CONNACK P50 | 2.70 ms | 3.70 ms | 2.70 ms |');
    const rows = text
      .slice(text.indexOf('| | | tcp'))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    for (const row of rows) expect(row.split('|'), row).toHaveLength(7);
  });

  it('escapes what would break it', () => {
    const text = renderMarkdown(judged());
    expect(text).toContain('`a \\| b == 0` | x \\| y |');
    const odd = result(demo(), { scenario: { name: 'x', title: '<script> *a* [b]', resolved: {} } });
    expect(renderMarkdown(odd)).toContain('\\<script\\> \\*a\\* \\[b\\]');
  });

  it('tells the doubts', () => {
    expect(renderMarkdown(judged())).toContain('- ?1 quic@1ms: the generator used 97 % of its processor');
  });
});
