import { describe, expect, it, test } from 'vitest';
import { messageOf } from '../../../src/base/errors.js';
import { evaluateExpectations } from '../../../src/expect/evaluate.js';
import { firstWords } from '../../../src/expect/names.js';
import { metrics } from '../../../src/metrics/registry.js';
import { readScenario } from '../../../src/scenario/read.js';
import { cell, result } from '../report/made-up.js';

const scenario = (expectation: string, more = ''): string => `
title: t
arms: [tcp, quic, { transport: quic, name: quic-moving }]
network: { rtt: [1ms, 30ms] }
load:
  clients: 40
  connectRate: 20/s
  publish: { topic: 'a/%c', rate: 400/s }
  subscribe: { topic: 'a/%c', qos: 1 }
  duration: 90s
timeline:
  - { at: 10s, do: profile, name: bad, to: { rtt: 30ms, loss: 10% } }
  - { at: 20s, do: rebind, every: 30s, arms: [quic-moving] }
  - { at: 60s, do: heal }
measure:
  - { name: before, from: start }
  - { name: bad, from: bad }
expect:
  - ${expectation}
${more}`;

function mistake(expectation: string): string {
  try {
    readScenario(scenario(expectation), 'x.yaml');
  } catch (error) {
    return messageOf(error).split('\n')[1]?.trim() ?? '';
  }
  return '';
}

describe('an expectation about an event', () => {
  it.each([
    'bad.clients.lost == 0',
    'quic-moving.rebind.clients.reconnected == 0',
    'quic-moving@30ms.rebind#2.clients.reconnected == 0',
    'rebind#3.reconnect.noticed.p50 < 1s',
    'quic-moving.rebind-2.clients.survived == quic-moving.clients.asked',
    // What the arm has only one of needs no name, and the way back may be asked of the whole cell.
    'tcp.clients.lost == 0',
    'reconnect.connack.p95 < 5s',
    // The window of the same name has the rest.
    'bad.publish.ack.p95 < 2s',
    'event.heal.count == 1',
  ])('may say %s', (text) => {
    expect(mistake(text)).toBe('');
  });

  it.each([
    [
      'clients.reconnected == 0',
      'could be about 4 events; say which: bad.clients.reconnected, rebind.clients.reconnected, rebind-2.clients.reconnected, rebind-3.clients.reconnected',
    ],
    ['quic-moving@30ms.clients.lost == 0', 'say which: quic-moving@30ms.bad.clients.lost, quic-moving@30ms.rebind'],
    ['quic-moving.rebnd.clients.lost == 0', 'no event and no measure window is called "rebnd"; did you mean "rebind"?'],
    ['rebind#4.clients.lost == 0', 'did you mean'],
    ['tcp.storm.clients.lost == 0', 'there are: bad, rebind, rebind-2, rebind-3, before'],
    ['heal.clients.lost == 0', '"heal" disturbs no client, so nothing becomes of any; events that do: bad, rebind'],
    ['before.clients.lost == 0', '"before" is a measure window, and clients.lost belongs to events; there are: bad'],
    ['rebind.publish.ack.p95 < 1s', '"rebind" is an event, and publish.ack belongs to measure windows'],
    ['event.rebnid.count == 1', 'no event is called "rebnid"; did you mean "rebind"?'],
  ])('may not say %s', (text, message) => {
    expect(mistake(text)).toMatch(/^x\.yaml:19:5 expect\[0\]: at character \d+ of /);
    expect(mistake(text)).toContain(message);
  });

  test('an event is not called as an arm or a metric begins', () => {
    const named = (name: string) => () =>
      readScenario(scenario('errors == 0').replace('heal }', `heal, name: ${name} }`), 'x.yaml');
    expect(named('quic')).toThrow('"quic" is already the name of an arm or a metric');
    expect(named('wire')).toThrow('"wire" is already the name of an arm or a metric');
    expect(named('better')).not.toThrow();
  });
});

test('every metric of the registry has its first word among those that name nothing else', () => {
  for (const name of Object.keys(metrics)) expect(firstWords).toContain(name.split('.')[0]);
});

describe('judged over a result', () => {
  const outcome = (reconnected: number) => ({
    distributions: {},
    values: { 'clients.survived': 200 - reconnected, 'clients.reconnected': reconnected, 'clients.lost': 0 },
  });
  const made = cell('tcp', 1000);
  const { 'clients.reconnected': _, ...values } = made.metrics.values;
  const twice = result([
    {
      ...made,
      metrics: { ...made.metrics, values },
      windows: { rebind: { distributions: {}, values: { 'messages.sent': 7 } } },
      events: [
        { name: 'rebind', atMicros: 1e6, proof: {}, metrics: outcome(200) },
        { name: 'rebind-2', atMicros: 2e6, proof: {}, metrics: outcome(3) },
        { name: 'heal', atMicros: 3e6, proof: {} },
      ],
    },
  ]);
  const judged = (text: string) => evaluateExpectations([text], twice)[0]?.outcome;

  it.each([
    ['rebind.clients.reconnected == 200', 'held'],
    ['rebind#1.clients.reconnected == 200', 'held'],
    ['rebind#2.clients.reconnected == 3', 'held'],
    ['rebind-2.clients.reconnected == 3', 'held'],
    ['tcp.rebind#2.clients.survived == 197', 'held'],
    ['tcp@1ms.rebind.clients.survived > 0', 'missed'],
    ['rebind.reconnect.noticed.count == 0', 'held'],
    ['rebind.messages.sent == 7', 'held'], // the window's
    ['rebind#3.clients.lost == 0', 'no-data'],
    ['heal.clients.lost == 0', 'no-data'],
    ['clients.reconnected == 0', 'no-data'],
  ])('%s: %s', (text, expected) => {
    expect(judged(text)).toBe(expected);
  });
});

test('a doubt about the outcome of the only event stands at an expectation that does not name it', () => {
  const made = cell('quic', 1000);
  const doubted = {
    ...made,
    doubts: [
      { code: 'outcome-unknown' as const, metric: 'clients.lost' as const, window: 'rebind', message: 'nobody asked' },
    ],
  };
  const found = (text: string) => evaluateExpectations([text], result([doubted]))[0]?.found;
  expect(found('clients.lost == 0')).toContain('doubted: outcome-unknown');
  expect(found('rebind.clients.lost == 0')).toContain('doubted: outcome-unknown');
  expect(found('messages.missing == 0')).not.toContain('doubted');
});
