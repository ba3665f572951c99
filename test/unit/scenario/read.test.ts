import { describe, expect, it } from 'vitest';
import { MqbenchError } from '../../../src/base/errors.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { readScenario, type ScenarioOverrides } from '../../../src/scenario/read.js';
import { atRate, filler } from '../../helpers/plans.js';

/** The message of the error that reading this text throws, one mistake per line. */
function mistakesOf(text: string, overrides?: ScenarioOverrides): string[] {
  try {
    readScenario(text, 'x.yaml', overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(MqbenchError);
    expect(error).toMatchObject({ code: 'MQB_SCENARIO', exitCode: 2 });
    const [head, ...lines] = (error as MqbenchError).message.split('\n');
    expect(head).toMatch(/^\d+ mistakes? in /);
    return lines.map((line) => line.trim());
  }
  throw new Error('the scenario was accepted');
}

const valid = `
title: t
arms: [tcp, tls, quic]
network: { rtt: [1ms, 30ms] }
load:
  clients: 40
  connectRate: 20/s
  publish: { topic: 'a/%c', rate: 400/s }
  subscribe: { topic: 'a/%c', qos: 1 }
  duration: 10s
timeline: [{ at: 4s, do: rebind }]
quick: { load: { clients: 4, publish: { rate: 40 } } }
`;

describe('what is shown first', () => {
  const text = `${valid}show: [after.publish.ack.p95, rebind.clients.survived, messages.missing]\nmeasure: [{ name: after, from: rebind }]\n`;
  const shown = (overrides: ScenarioOverrides): string[] =>
    (readScenario(text, 'x.yaml', overrides).show ?? []).map(({ metric }) => metric);

  it('is what the file names, without what the command line took away', () => {
    expect(shown({})).toEqual(['publish.ack', 'clients.survived', 'messages.missing']);
    expect(shown({ set: ['timeline=[]', 'measure=[]'] })).toEqual(['messages.missing']);
    expect(shown({ set: ['show=[connect.connack.p50]'] })).toEqual(['connect.connack']);
    expect(readScenario(valid, 'x.yaml').show).toBeUndefined();
  });

  it('is refused where nothing is called so', () => {
    const wrong = text.replace('after.publish', 'aftr.publish').replace('messages.missing', 'messages.mising');
    expect(mistakesOf(wrong)).toMatchInlineSnapshot(`
      [
        "x.yaml:13:8 show[0]: no arm, event or measure window is called "aftr"; did you mean "after"?",
        "x.yaml:13:55 show[2]: "messages.mising" names no metric; did you mean "messages.missing"?",
      ]
    `);
    expect(mistakesOf(text, { set: ['show=[nosuch.publish.ack.p95]'] })).toMatchInlineSnapshot(`
      [
        "show[0]: no arm, event or measure window is called "nosuch"; there are: tcp, tls, quic, rebind, after",
      ]
    `);
  });
});

describe('expectations and what the command line changes', () => {
  const text = `${valid}expect: [messages.missing == 0, quic.clients.lost == 0, tls.publish.ack.p95 > 0ms, 'tcp@30ms.publish.ack.p95 < 1s', event.rebind.count == 1]\n`;
  const left = (overrides: ScenarioOverrides): string[] =>
    (readScenario(text, 'x.yaml', overrides).leftOut ?? []).map((one) => `${one.about}: ${one.text}`);

  it('list what is left out because an arm, a network or an event is not there', () => {
    expect(left({})).toEqual([]);
    expect(left({ set: ['arms=[tcp]'] })).toEqual(['quic: quic.clients.lost == 0', 'tls: tls.publish.ack.p95 > 0ms']);
    expect(left({ set: ['network.rtt=1ms'] })).toEqual(['30ms: tcp@30ms.publish.ack.p95 < 1s']);
    expect(left({ set: ['timeline=[]'] })).toEqual([
      'quic.clients.lost: quic.clients.lost == 0',
      'rebind: event.rebind.count == 1',
    ]);
    expect(left({ only: 'tcp' })).toEqual([
      'cells that --only leaves out: quic.clients.lost == 0',
      'cells that --only leaves out: tls.publish.ack.p95 > 0ms',
    ]);
  });

  it('are told before the run, with how many are judged', () => {
    const words = describeScenario(readScenario(text, 'x.yaml', { set: ['arms=[tcp]'] })).replace(/\s+/g, ' ');
    expect(words).toContain(
      '3 expectations are judged at the end. Left out: 1 expectation about quic: quic.clients.lost',
    );
  });

  it.each([
    ['clients.conected == 999', /names no metric/],
    ['999', /expected one of/],
    ['(((', /expected a number or a metric/],
    ['publish.ack.p95 < 20', /compares a duration with a number/],
    ['nowhere.publish.ack.p95 < 20ms', /no arm, event or measure window is called "nowhere"/],
    ['tcp@7ms.publish.ack.p95 < 20ms', /no network is called "7ms"/],
    ['event.nothing.count == 1', /no event is called "nothing"/],
    ['rate.capacity > 1', /can never be measured: there is no search/],
    ['resource.nginx.cpuUserMicros < 1s', /no role of this run is called "nginx"/],
  ])('are a mistake wherever they come from: %s', (expectation, says) => {
    const inFile = mistakesOf(`${valid}expect: ['${expectation}']\n`);
    const bySet = mistakesOf(valid, { set: [`expect=['${expectation}']`] });
    const besides = mistakesOf(text, { set: [`expect[0]="${expectation}"`, 'arms=[tcp]'] });
    for (const lines of [inFile, bySet, besides]) {
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(says);
    }
  });

  it.each([
    ['clients.lost == 0', { timeline: '[]' }, /no event disturbs any client/],
    ['publish.ack.p95 < 1s', { 'load.publish.qos': '0' }, /messages of QoS 0 are not acknowledged/],
    ['wire.message.up < 1KB', { network: 'none', timeline: '[]' }, /there is none/],
    ['link.up.packetsLost == 0', { network: 'none', timeline: '[]' }, /there is no lab/],
    ['calibration.rttP50Micros < 1s', { network: 'none', timeline: '[]' }, /there is no lab/],
  ])('that can only be no data are refused: %s', (expectation, changes, says) => {
    const set = [...Object.entries(changes).map(([path, value]) => `${path}=${value}`), `expect=['${expectation}']`];
    expect(mistakesOf(valid, { set }).join()).toMatch(says);
  });

  it.each([
    ['delivery.e2e.p95 < 1s', /subscribe: .*\n/, /nobody subscribes/],
    ['connect.suback.p95 < 1s', /subscribe: .*\n/, /nobody subscribes/],
    ['publish.ack.p95 < 1s', /(publish|quick): .*\n/g, /nobody publishes/],
  ])('that can only be no data are refused in a file too: %s', (expectation, without, says) => {
    expect(mistakesOf(`${valid.replace(without, '\n')}expect: ['${expectation}']\n`).join()).toMatch(says);
  });

  it('that count what did not happen are none of those', () => {
    const set = ['timeline=[]', "expect=['reconnect.connack.count == 0', 'errors == 0', 'doubts == 0']"];
    expect(readScenario(valid, 'x.yaml', { set }).expect).toHaveLength(3);
  });
});

describe('a valid scenario', () => {
  it('becomes numbers in our units with every default filled in', () => {
    const scenario = readScenario(valid, 'dir/my-run.yaml');
    expect(scenario).toMatchObject({
      name: 'my-run',
      repeat: 1,
      seed: 1,
      trafficMicros: 10e6,
      drainMicros: 3e6,
      lab: { clientAddresses: 1 },
      windows: [
        { name: 'before', fromMicros: 0 },
        { name: 'after', fromMicros: 4e6 },
      ],
      timeline: [{ name: 'rebind', kind: 'rebind', atMicros: 4e6 }],
    });
    expect(scenario.load).toEqual({
      clients: 40,
      mqttVersion: 4,
      keepaliveSeconds: 60,
      clean: true,
      connectRate: 20,
      dialTimeoutMicros: 30e6,
      subscribe: { topic: 'a/%c', qos: 1 },
      publish: { topic: 'a/%c', qos: 1, payload: filler(256), pace: atRate(400), inflight: 10 },
      reconnect: { firstMicros: 500_000, maxMicros: 8e6 },
      deadAfterMicros: 10e6,
    });
    expect(scenario.networks).toEqual([
      { name: '1ms', profile: { up: { delayMicros: 500 }, down: { delayMicros: 500 } }, rttMicros: 1000 },
      { name: '30ms', profile: { up: { delayMicros: 15_000 }, down: { delayMicros: 15_000 } }, rttMicros: 30_000 },
    ]);
    expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
  });

  it('lays the quick part over the rest, field by field', () => {
    const { load, quick, arms } = readScenario(valid, 'x.yaml', { quick: true });
    expect(quick).toBe(true);
    expect(load.clients).toBe(4);
    expect(load.publish).toMatchObject({ pace: atRate(40), topic: 'a/%c' });
    expect(arms).toHaveLength(3);
  });

  it('publishes in stages, told in words, with the highest as its rate', () => {
    const stages = '[{ over: 10s, to: 2k/s }, { over: 30s, to: 2k/s }, { over: 0s, to: 100/s }]';
    const text = `title: t\narms: [tcp]\nnetwork: none\nload: { duration: 1m, publish: { topic: t, stages: ${stages} } }\n`;
    const scenario = readScenario(text, 'x.yaml');
    expect(scenario.load.publish).toMatchObject({
      pace: atRate(2000, {
        shape: {
          kind: 'stages',
          stages: [
            { overMicros: 10e6, toPerSecond: 2000 },
            { overMicros: 30e6, toPerSecond: 2000 },
            { overMicros: 0, toPerSecond: 100 },
          ],
        },
      }),
    });
    expect(describeScenario(scenario).replace(/\s+/g, ' ')).toContain(
      'to t with QoS 1 in stages: up to 2,000/s over 10.0 s, 2,000/s for 30.0 s, at once 100/s, for 1 m',
    );
  });

  it('computes the total rate from an interval per client', () => {
    const text = valid.replace('rate: 400/s', 'interval: 2s').replace('rate: 40 ', 'qos: 1 ');
    expect(readScenario(text, 'x.yaml').load.publish?.pace).toEqual(atRate(20));
  });
});

describe('mistakes', () => {
  it('are all listed, with line, column, path and what was probably meant', () => {
    const text = `title: x
arms: [tpc, {transport: tcp, tlsVersion: "1.2"}, {transprt: quic}]
network:
  rtt: [1ms, 30]
  los: 10%
  loss: 120%
load:
  clients: -3
  publsh: {topic: a}
  publish: {rate: 10/s, qos: 3}
timeline:
  - {at: 1s, do: rebnd}
  - {at: 1s, do: blackout}
  - {do: heal, too: 3}
`;
    expect(mistakesOf(text)).toEqual([
      'x.yaml:2:8 arms[0]: "tpc" is unknown; did you mean "tcp"?',
      'x.yaml:2:50 arms[2].transport: is missing',
      'x.yaml:2:51 arms[2].transprt: unknown field "transprt"; did you mean "transport"?',
      'x.yaml:4:14 network.rtt[1]: "30" is not a duration; write it like 500us, 30ms, 10s or 2m',
      'x.yaml:5:3 network.los: unknown field "los"; did you mean "loss"?',
      'x.yaml:6:9 network.loss: "120%" is not a share; write it like 10% or 0.1 (0 to 100 %)',
      'x.yaml:8:12 load.clients: must be at least 1, not -3',
      'x.yaml:9:3 load.publsh: unknown field "publsh"; did you mean "publish"?',
      'x.yaml:10:12 load.publish.topic: is missing',
      'x.yaml:10:30 load.publish.qos: must be one of 0, 1, 2, a list, a mapping, not 3',
      'x.yaml:12:18 timeline[0].do: "rebnd" is unknown; did you mean "rebind"?',
      'x.yaml:13:5 timeline[1].for: is missing',
      'x.yaml:14:5 timeline[2].at: is missing',
      'x.yaml:14:16 timeline[2].too: unknown field "too"; known here: do, at, name, arms, every',
    ]);
  });

  it('in what fields mean together are found as well', () => {
    const text = `title: x
arms: [tcp, tcp, {transport: quic, tlsVersion: "1.2"}, {transport: tls, resumption: early-data}]
network: {rtt: [1ms, 1ms], delay: 4ms}
load: {publish: {topic: 'a/#', rate: 5, interval: 1s}, keepalive: 1500ms}
timeline: [{at: 20s, do: rebind}]
measure: [{name: a, from: rebnid}]
`;
    const lines = mistakesOf(text);
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'x.yaml:2:13 arms[1]:',
      'x.yaml:2:48 arms[2].tlsVersion:',
      'x.yaml:2:85 arms[3].resumption:',
      'x.yaml:3:10 network:',
      'x.yaml:3:28 network.delay:',
      'x.yaml:4:25 load.publish.topic:',
      'x.yaml:4:51 load.publish.interval:',
      'x.yaml:4:67 load.keepalive:',
      'x.yaml:5:17 timeline[0].at:',
      'x.yaml:6:27 measure[0].from:',
    ]);
    expect(lines.at(-1)).toContain('did you mean "rebind"?');
  });

  it.each([
    ['reorder without a delay', 'network: {reorder: 20%}', 'reorder needs delay'],
    ['jitter without a delay', 'network: {jitter: 1ms}', 'jitter needs delay'],
    [
      'random and burst loss at once',
      'network: {loss: 1%, gilbertElliott: {p: 1%, r: 10%, lossInBad: 100%, lossInGood: 0}}',
      'not both',
    ],
    ['a mean burst without loss', 'network: {meanBurst: 5}', 'meanBurst needs loss'],
    ['bursts too short for the loss', 'network: {loss: 50%, meanBurst: 1.5}', '2 packets or more on average'],
    ['a rebind without a lab', 'network: none\ntimeline: [{at: 1s, do: rebind}]', 'there is no lab'],
    ['an event after the end', 'network: {rtt: 1ms}\ntimeline: [{at: 11s, do: heal}]', 'never happens'],
    ['a window named like an arm', 'network: {rtt: 1ms}\nmeasure: [{name: quic}]', 'already the name of an arm'],
    ['a wrong expectation', 'network: {rtt: 1ms}\nexpect: [quic.connect.conack.p50 < 1ms]', 'names no metric'],
    ['a key given twice', 'network: {rtt: 1ms}\nnetwork: {rtt: 2ms}', 'x.yaml:5:1'],
  ])('%s', (_, part, message) => {
    const base = part.includes('load:')
      ? 'title: x\narms: [tcp, quic]\nrepeat: 1\n'
      : 'title: x\narms: [tcp, quic]\nload: {}\n';
    expect(mistakesOf(base + part).join('\n')).toContain(message);
  });

  it('of stages: other rates, a search, more time than there is, nothing that is published', () => {
    const says = (publish: string, more = ''): string[] =>
      mistakesOf(
        `title: t\narms: [tcp]\nnetwork: none\nload: { duration: 5s, publish: { topic: t, ${publish} } }\n${more}`,
      );
    expect([
      ...says('rate: 5/s, stages: [{ over: 9s, to: 5/s }]'),
      ...says('stages: [{ over: 1s, to: 5/s }]', 'search: { from: 1/s, to: 9/s, duration: 2s }\n'),
      ...says('interval: 1s, stages: [{ over: 1s, to: 0 }]'),
    ]).toMatchInlineSnapshot(`
      [
        "x.yaml:4:55 load.publish.stages: take 9.00 s, and messages flow for 5.00 s: give a longer duration",
        "x.yaml:4:63 load.publish.stages: have rates of their own: leave rate out",
        "x.yaml:5:1 search: searches one rate, but load.publish has stages",
        "x.yaml:4:66 load.publish.stages: never reach a rate: nothing would be published",
        "x.yaml:4:66 load.publish.stages: have rates of their own: leave interval out",
      ]
    `);
  });

  it('in the quick part are found on a full run too', () => {
    expect(mistakesOf(valid.replace('clients: 4,', 'clents: 4,'))).toEqual([
      'x.yaml:12:18 quick.load.clents: unknown field "clents"; did you mean "clients"?',
    ]);
    expect(mistakesOf(valid.replace('clients: 4,', 'duration: 2s,'))[0]).toContain('timeline[0].at');
  });

  it('a text that is no mapping is refused', () => {
    expect(mistakesOf('- a\n- b')[0]).toContain('a scenario is a mapping');
    expect(mistakesOf('')[0]).toContain('a scenario is a mapping');
    expect(mistakesOf('title: [')[0]).toMatch(/^x\.yaml:1:\d+ /);
  });
});

describe('the command line', () => {
  it('changes single values, lists and what is not in the file', () => {
    const set = ['load.clients=10', 'arms=[tcp, {transport: tls, name: a}]', 'network.rtt=5ms', 'load.publish.qos=2'];
    const scenario = readScenario(valid, 'x.yaml', { set, repeat: 3, seed: 9, workers: 2 });
    expect(scenario.load).toMatchObject({ clients: 10, publish: { qos: 2, pace: atRate(400) } });
    expect(scenario.arms.map((arm) => arm.name)).toEqual(['tcp', 'a']);
    expect(scenario.networks.map((network) => network.name)).toEqual(['5ms']);
    expect(scenario).toMatchObject({ repeat: 3, seed: 9, workers: 2 });
    const second = ['arms[1]={transport: tls}', 'arms[1].name=b'];
    expect(readScenario(valid, 'x.yaml', { set: second }).arms[1]?.name).toBe('b');
  });

  it('wins over the quick part', () => {
    expect(readScenario(valid, 'x.yaml', { quick: true, set: ['load.clients=7'] }).load.clients).toBe(7);
  });

  it('has its mistakes listed too', () => {
    const lines = mistakesOf(valid, { set: ['load.clients=-3', 'x=2', 'arms[7]=tcp', 'nonsense'] });
    expect(lines).toHaveLength(4);
    expect(lines.join('\n')).toContain('--set arms[7]=tcp: there is no [7]');
    expect(lines.join('\n')).toContain('--set nonsense: write it like load.clients=1000');
    expect(mistakesOf(valid, { only: 'zzz' })[0]).toContain('there are: tcp@1ms, tls@1ms, quic@1ms');
  });

  it('leaves out expectations about what it left out', () => {
    const text = `${valid}expect: [quic@30ms.connect.connack.p50 < tls@30ms.connect.connack.p50, messages.missing == 0]\n`;
    expect(readScenario(text, 'x.yaml', { only: 'quic' }).expect).toEqual(['messages.missing == 0']);
    expect(readScenario(text, 'x.yaml', { set: ['network.rtt=5ms'] }).expect).toEqual(['messages.missing == 0']);
  });
});

describe('a file with mistakes of form and of meaning', () => {
  it('is told all of them at once, each where it is', () => {
    const text = `title: t
arms: [tcp, { transport: tcp, resumption: ticket }]
network: { rtt: 30 }
load:
  clients: 10
  publish: { topic: 'a/+' }
  duration: 5s
timeline:
  - { at: 40s, do: rebind }
measure:
  - { name: after, from: nosuch }
expect:
  - connect.connack.p96 < 1s
`;
    let message = '';
    try {
      readScenario(text, 'x.yaml');
    } catch (error) {
      message = String(error);
    }
    const places = [...message.matchAll(/x\.yaml:(\d+):\d+ (\S+):/g)].map(([, line, path]) => `${line} ${path}`);
    expect(places).toEqual([
      '2 arms[1].resumption',
      '3 network.rtt',
      '6 load.publish.topic',
      '9 timeline[0].at',
      '11 measure[0].from',
      '13 expect[0]',
    ]);
  });
});
