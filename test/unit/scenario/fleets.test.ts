import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkIdentities } from '../../../src/run/check-identities.js';
import { loadPlans } from '../../../src/run/plan.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario, type ScenarioOverrides } from '../../../src/scenario/read.js';
import { theoryRoundTrips } from '../../../src/scenario/theory.js';
import type { ResolvedScenario } from '../../../src/scenario/types.js';
import { atRate } from '../../helpers/plans.js';

const head = 'title: t\narms: [tcp, quic]\nnetwork: none\n';
const three = `${head}load: { connectRate: 50/s, keepalive: 30s, duration: 4s }
fleets:
  - { name: sensors, clients: 20, keepalive: 60s, publish: { topic: 's/%i', qos: 0, payload: 64, interval: 1s } }
  - { name: alarms, clients: 5, connectRate: 10/s, publish: { topic: 'a/%i', qos: 1, rate: 5/s } }
  - { name: dashboards, clients: 2, subscribe: { topic: '#', qos: 1 } }
timeline: [{ at: 1s, do: cut, fleets: [alarms] }]
`;
const read = (text: string, over: ScenarioOverrides = {}): ResolvedScenario => readScenario(text, 'x.yaml', over);
const plansOf = (scenario: ResolvedScenario) => {
  const [cell] = planCells(scenario);
  const addresses = { tcp: { host: '127.0.0.1', port: 1 } };
  return loadPlans(cell!, scenario.lab, { addresses, ca: '' }, []);
};

/** Every line of what is refused, without the first. */
function refused(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe('several fleets in a scenario', () => {
  it('are plans of their own, with what load says where they say nothing', () => {
    const plans = plansOf(read(three));
    expect(plans).toMatchObject([
      { fleet: 'sensors', clients: 20, connectRate: 50, keepaliveSeconds: 60, publish: { pace: atRate(20), qos: 0 } },
      { fleet: 'alarms', clients: 5, connectRate: 10, keepaliveSeconds: 30, publish: { pace: atRate(5), qos: 1 } },
      { fleet: 'dashboards', clients: 2, connectRate: 50, subscribe: { topic: '#', qos: 1 } },
    ]);
    expect(plans.map(({ clientIdPrefix }) => clientIdPrefix)).toEqual([
      'mqb-tcp-sensors-',
      'mqb-tcp-alarms-',
      'mqb-tcp-dashboards-',
    ]);
    expect(new Set(plans.map(({ seed }) => seed)).size).toBe(3);
    expect(plans[2]).not.toHaveProperty('publish.topic');
  });

  it('are one load to whatever asks how many clients there are, how long they connect and whether they talk', () => {
    const { load } = read(three);
    expect(load).toMatchObject({ clients: 27, keepaliveSeconds: 60, subscribe: { qos: 1 }, publish: { qos: 1 } });
    expect(load.clients / load.connectRate).toBeCloseTo(0.5, 9); // the alarms: 5 at 10/s
  });

  it('have no round trips in theory for acknowledgements of different QoS together', () => {
    const theory = (qos: number): object => {
      const more = `  - { name: exact, clients: 1, publish: { topic: e, qos: ${qos}, rate: 1/s } }\n`;
      const scenario = read(three.replace('timeline:', `${more}timeline:`));
      return theoryRoundTrips(scenario.arms[0]!, scenario.load, scenario.fleets);
    };
    expect(theory(1)).toMatchObject({ 'publish.ack': 1, 'connect.suback': 3 });
    expect(theory(2)).not.toHaveProperty('publish.ack');
  });

  it('are told apart in the description', () => {
    const said = describeScenario(read(three)).replace(/\s+/g, ' ');
    expect(said).toContain(
      'In each cell 27 clients of 3 fleets, each fleet with load worker processes of its own (3 at least): ' +
        'sensors: 20 clients connect at 50/s (400 ms). They publish 64 B to s/%i with QoS 0 at 20/s in all. ' +
        'alarms: 5 clients connect at 10/s (500 ms). They publish 256 B to a/%i with QoS 1 at 5/s in all. ' +
        'dashboards: 2 clients connect at 50/s (40.0 ms), subscribe to # with QoS 1. Messages flow for 4.00 s',
    );
    expect(said).toContain('After 1.00 s (only the fleet alarms) every connection is aborted');
  });

  it('are changed by --quick by their names, and by --set by their places', () => {
    const quick = `${three}quick: { fleets: { alarms: { clients: 2, publish: { rate: 1/s } } } }\n`;
    const scenario = read(quick, { quick: true, set: ['fleets[0].clients=7'] });
    expect(scenario.fleets?.map(({ load }) => load.clients)).toEqual([7, 2, 2]);
    expect(scenario.fleets?.[1]?.load.publish).toMatchObject({ topic: 'a/%i', qos: 1, pace: atRate(1) });
    expect(read(quick).fleets?.[1]?.load.clients).toBe(5);
  });

  it('need not be there: a load by itself is one fleet without a name', () => {
    const scenario = read(`${head}load: { clients: 3 }\n`);
    expect(scenario).not.toHaveProperty('fleets');
    expect(plansOf(scenario)).toMatchObject([{ clients: 3, clientIdPrefix: 'mqb-tcp-' }]);
    expect(plansOf(scenario)[0]).not.toHaveProperty('fleet');
  });
});

describe('what is wrong with fleets', () => {
  it('is told all at once, each with its place', () => {
    const text = `${head}load: { clients: 9, publish: { topic: x }, keepalive: 1500ms }
fleets:
  - { name: sensors, clients: 0, publish: { topic: 's/#', qos: 1 } }
  - { name: sensors, clients: 2, subscribe: { topic: 'a/#b' } }
  - { name: quic, clients: 2, publish: { topic: t, payload: [64, 256] } }
  - { clients: 2, colour: red }
`;
    expect(refused(() => read(text))).toMatchInlineSnapshot(`
      [
        "x.yaml:4:9 load.clients: is said by each fleet for itself: leave it out here, or the fleets",
        "x.yaml:4:21 load.publish: is said by each fleet for itself: leave it out here, or the fleets",
        "x.yaml:4:55 load.keepalive: is whole seconds, at most 65,535, and 0 for none (MQTT 5.0, 3.1.2.10)",
        "x.yaml:6:31 fleets[0].clients: must be at least 1, not 0",
        "x.yaml:7:54 fleets[1].subscribe.topic: is no filter: + is a whole level, and # the last one (MQTT-4.7.1-1, -2)",
        "x.yaml:8:61 fleets[2].publish.payload: a list multiplies the cells of a load, and a fleet is one of several in each: give one value",
        "x.yaml:9:5 fleets[3].name: is missing",
        "x.yaml:9:19 fleets[3].colour: unknown field "colour"; known here: clients, clientStages, connectRate, connectTimeout, topics, mqttVersion, sessionExpiry, receiveMaximum, maximumPacketSize, topicAliasMaximum, userProperties, requestResponseInformation, requestProblemInformation, username, password, authMethod, feeder, startNumber, will, churn, keepalive, clean, jwt, psk, reconnect, deadAfter, subscribe, publish, name",
      ]
    `);
  });

  it('is told of fleets whose form is right, too', () => {
    const text = `${head}load: { clients: 9, publish: { topic: x }, keepalive: 1500ms, duration: 2s }
fleets:
  - { name: sensors, clients: 4, publish: { topic: 's/#', qos: 1 } }
  - { name: sensors, clients: 2, subscribe: { topic: 'a/#b' } }
  - { name: quic, clients: 2, publish: { topic: t, payload: [64, 256] } }
  - { name: publish, clients: 2, publish: { topic: t, message: on, retain: true, ramp: { over: 1s } } }
  - { name: churning, clients: 2, churn: { stay: 0s }, will: { topic: 'w/+' }, password: $SECRET }
timeline: [{ at: 1s, do: cut, fleets: [sensor] }, { at: 1s, do: disconnect, name: churning }]
search: { from: 1/s, to: 10/s }
quick: { fleets: { sensor: { clients: 1 } } }
`;
    expect(refused(() => read(text))).toMatchInlineSnapshot(`
      [
        "x.yaml:4:9 load.clients: is said by each fleet for itself: leave it out here, or the fleets",
        "x.yaml:4:21 load.publish: is said by each fleet for itself: leave it out here, or the fleets",
        "x.yaml:4:55 load.keepalive: is whole seconds, at most 65,535, and 0 for none (MQTT 5.0, 3.1.2.10)",
        "x.yaml:6:52 fleets[0].publish.topic: is a topic to publish to: no + and # in it (MQTT-3.3.2-2)",
        "x.yaml:7:13 fleets[1].name: two fleets are called "sensors"",
        "x.yaml:7:54 fleets[1].subscribe.topic: is no filter: + is a whole level, and # the last one (MQTT-4.7.1-1, -2)",
        "x.yaml:8:13 fleets[2].name: "quic" is already the name of an arm or a metric",
        "x.yaml:8:61 fleets[2].publish.payload: a list multiplies the cells of a load, and a fleet is one of several in each: give one value",
        "x.yaml:9:13 fleets[3].name: "publish" is already the name of an arm or a metric",
        "x.yaml:9:55 fleets[3].publish.message: has no room for the mark by which messages are measured where they arrive: add stamp: property (with mqttVersion: 5), or give payload",
        "x.yaml:9:82 fleets[3].publish.ramp: is of messages that are due at set times: give a rate or an interval",
        "x.yaml:10:50 fleets[4].churn.stay: must be longer than nothing",
        "x.yaml:10:71 fleets[4].will.topic: is a topic to publish to: no + and # in it (MQTT-3.3.2-2)",
        "x.yaml:10:90 fleets[4].password: needs username: before MQTT 5 a password does not go without (MQTT-3.1.2-22)",
        "x.yaml:11:40 timeline[0].fleets[0]: no fleet is called "sensor"; there are: sensors, sensors, quic, publish, churning",
        "x.yaml:11:83 timeline[1].name: "churning" is already the name of a fleet",
        "x.yaml:12:1 search: keeps the shares of all rates, and the fleet sensors publishes as fast as it is acknowledged: give it a rate, or say with fleet whose rate is searched",
        "x.yaml:12:1 search: keeps the shares of all rates, and the fleet quic publishes as fast as it is acknowledged: give it a rate, or say with fleet whose rate is searched",
        "x.yaml:12:1 search: keeps the shares of all rates, and the fleet publish publishes as fast as it is acknowledged: give it a rate, or say with fleet whose rate is searched",
        "x.yaml:12:1 search: keeps the shares of all rates, and the fleet churning publishes as fast as it is acknowledged: give it a rate, or say with fleet whose rate is searched",
        "x.yaml:13:20 quick.fleets.sensor: no fleet is called "sensor"; did you mean "sensors"?",
      ]
    `);
  });

  it('is a rate that the fleet falls behind of, where the rate of one is searched', () => {
    const text = (qos: number): string => `${head}load: {}
fleets:
  - { name: large, clients: 1, publish: { topic: l, qos: 1, rate: 9000/s } }
  - { name: small, clients: 1, publish: { topic: s, qos: ${qos}, rate: 1/s } }
search: { from: 1/s, to: 10/s, fleet: small }
`;
    const ofCell = ['publish.ack.p99 < 1s', 'rate.achieved > 0.9 * rate.offered'];
    const rate = 'small.rate.achieved > 0.9 * small.rate.offered';
    expect(read(text(1)).search?.hold).toEqual([...ofCell, 'small.publish.ack.p99 < 1s', rate]);
    expect(read(text(0)).search?.hold).toEqual([...ofCell, rate]);
    expect(read(text(1).replace(', fleet: small', '')).search?.hold).toEqual(ofCell);
  });

  it('is a mark in a user property for subscribers that get none', () => {
    const text = `${head}load: {}
fleets:
  - { name: talkers, clients: 1, mqttVersion: 5, publish: { topic: t, message: hello, stamp: property, rate: 1/s } }
  - { name: old, clients: 1, subscribe: { topic: t } }
`;
    expect(refused(() => read(text))).toEqual([
      'x.yaml:7:5 fleets[1].mqttVersion: must be 5: what talkers publishes is measured by a user property (stamp), which MQTT before 5 does not carry',
    ]);
    expect(refused(() => read(text.replace('name: old, ', 'name: old, mqttVersion: 5, ')))).toEqual([]);
  });

  it('is an event of fleets where there is one load', () => {
    const text = `${head}load: {}\ntimeline: [{ at: 1s, do: cut, fleets: [a] }]\n`;
    expect(refused(() => read(text))).toEqual([
      'x.yaml:5:40 timeline[0].fleets[0]: no fleet is called "a"; the load is one fleet',
    ]);
  });
});

describe('topics with a pace of their own', () => {
  const file = (topics: string, more = ''): string =>
    `${head}load: {}\nfleets:\n  - { name: meters, clients: 10, publish: { topics: [${topics}], firstWait: { max: 1s }${more} } }\n  - { name: heard, clients: 1, subscribe: { topic: '#' } }\n`;

  it('are said each with its interval, QoS and payload', () => {
    const scenario = read(
      file("{ topic: 'a/%i', interval: 1s, qos: 0, payload: 64 }, { topic: b, interval: 5s, retain: true }"),
    );
    expect(plansOf(scenario)[0]).toMatchObject({
      topics: 2,
      publish: {
        qos: 0,
        pace: {
          kind: 'per-topic',
          perSecond: 12,
          firstWait: { maxMicros: 1e6 },
          topics: [
            { topic: 'a/%i', qos: 0, intervalMicros: 1e6, payload: { kind: 'filler', bytes: 64 } },
            { topic: 'b', qos: 1, intervalMicros: 5e6, retain: true, payload: { kind: 'filler', bytes: 256 } },
          ],
        },
      },
    });
    expect(describeScenario(scenario).replace(/\s+/g, ' ')).toContain(
      'They publish to a/%i (QoS 0), b (QoS 1) at 12/s in all.',
    );
  });

  it('are refused with what they replace, and for what a topic cannot be', () => {
    expect(
      refused(() =>
        read(
          file(
            "{ topic: 'a/#', interval: 0s, payload: 3 }, { topic: b, interval: 1s, template: x }",
            ', rate: 1/s, topic: c',
          ),
        ),
      ),
    ).toMatchInlineSnapshot(`
      [
        "x.yaml:6:63 fleets[0].publish.topics[0].topic: is a topic to publish to: no + and # in it (MQTT-3.3.2-2)",
        "x.yaml:6:80 fleets[0].publish.topics[0].interval: must be longer than nothing",
        "x.yaml:6:93 fleets[0].publish.topics[0].payload: 3 has no room for the 20 bytes by which messages are measured on arrival: at least 20",
        "x.yaml:6:134 fleets[0].publish.topics[1].template: has no room for the mark by which messages are measured where they arrive: add stamp: property (with mqttVersion: 5)",
        "x.yaml:6:164 fleets[0].publish.rate: is said by each of the topics for itself: leave it out",
        "x.yaml:6:175 fleets[0].publish.topic: is said by each of the topics for itself: leave it out",
      ]
    `);
    expect(refused(() => read(`${head}load: { publish: { qos: 1 } }\n`))).toEqual([
      'x.yaml:4:18 load.publish.topic: is missing',
    ]);
  });
});

describe('expectations about fleets', () => {
  const expecting = (...texts: string[]): string[] =>
    refused(() => read(`${three}expect:\n${texts.map((text) => `  - '${text}'\n`).join('')}`)).map((line) =>
      line.replace(/^x\.yaml:\d+:\d+ expect\[\d+\]: at character \d+ of "[^"]*": /, ''),
    );

  it('name a fleet before the window or the event, and after the arm', () => {
    const right = [
      'sensors.messages.sent > 0',
      'alarms.publish.ack.p95 < 1s',
      'tcp.alarms.after.publish.ack.p95 < 2 * tcp.alarms.before.publish.ack.p95',
      'quic@loopback#1.dashboards.messages.missing == 0',
      'alarms.cut.clients.reconnected == alarms.clients.asked',
      'alarms.clients.lost == 0',
      'after.publish.ack.p95 < 1s',
    ];
    expect(expecting(...right)).toEqual([]);
  });

  it('stay with the cells that --only leaves, as those about windows do', () => {
    const texts = ['sensors.messages.sent > 0', 'after.publish.ack.p95 < 1s', 'quic.alarms.messages.sent > 0'];
    const text = `${three}expect:\n${texts.map((one) => `  - '${one}'\n`).join('')}`;
    expect(read(text, { only: 'tcp' }).expect).toEqual(texts.slice(0, 2));
  });

  it('are refused where the fleet never has the number', () => {
    expect(
      expecting(
        'dashboards.publish.ack.p95 < 1s',
        'sensors.publish.ack.p95 < 1s',
        'sensors.delivery.e2e.p95 < 1s',
        'alarms.broker.message.cpu < 1ms',
        'alarms.counter.handshake.full == 0',
        'sensor.messages.sent > 0',
        'tcp.sensor.after.publish.ack.p95 < 1s',
        'after.sensors.messages.sent > 0',
      ),
    ).toMatchInlineSnapshot(`
      [
        ""dashboards.publish.ack.p95" can never be measured: of dashboards nobody publishes",
        ""sensors.publish.ack.p95" can never be measured: of sensors messages of QoS 0 are not acknowledged",
        ""sensors.delivery.e2e.p95" can never be measured: of sensors nobody subscribes",
        ""alarms.broker.message.cpu" can never be measured: of alarms there is no such number, it is of the whole cell",
        ""counter" is counted over the whole cell, not by fleet",
        "no arm, fleet, event or measure window is called "sensor"; did you mean "sensors"?",
        "no fleet is called "sensor"; did you mean "sensors"?",
        "a fleet stands before the window or event: write sensors.after",
      ]
    `);
  });
});

describe('who the clients of a fleet are', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-fleets-'));
    const rows = Array.from({ length: 4 }, (_, i) => `d${i},site-${i % 2},u${i},p${i}\n`).join('');
    writeFileSync(join(folder, 'devices.csv'), `id,site,username,password\n${rows}`);
    writeFileSync(join(folder, 'more.csv'), 'id,site\nd3,x\n');
    writeFileSync(join(folder, 'hello.bin'), Buffer.from([0, 1, 2]));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const inFolder = (fleets: string): ResolvedScenario =>
    readScenario(`${head}load: {}\nfleets:\n${fleets}`, join(folder, 'x.yaml'));

  it('is in a file beside the scenario, and no secret of it stands in the scenario', () => {
    const scenario = inFolder(`
  - name: devices
    clients: 3
    feeder: devices.csv
    startNumber: 100
    will: { topic: 'gone/%c', qos: 1, retain: true }
    churn: { stay: 2s, politely: false }
    publish: { topic: 'site/%{site}/%c/%i', rate: 3/s, retain: true, payloadFile: hello.bin, limit: 6, firstWait: { max: 1s } }
`);
    expect(JSON.stringify(scenario)).not.toContain('p1');
    expect(plansOf(scenario)).toMatchObject([
      {
        feed: [{ id: 'd0', site: 'site-0', username: 'u0', password: 'p0' }, { id: 'd1' }, { id: 'd2' }],
        fixedIds: true,
        startNumber: 100,
        will: { topic: 'gone/%c', payload: '', qos: 1, retain: true },
        churn: { stayMicros: 2e6, awayMicros: 1e6, politely: false },
        publish: {
          retain: true,
          limit: 6,
          payload: { kind: 'bytes', base64: 'AAEC' },
          pace: { kind: 'rate', perSecond: 3, firstWait: { minMicros: 0, maxMicros: 1e6 } },
        },
      },
    ]);
    expect(plansOf(scenario)[0]).not.toHaveProperty('feeder');
    expect(() => checkIdentities(scenario)).not.toThrow();
  });

  it('is checked row by row and over all fleets before anything starts', () => {
    const scenario = inFolder(`
  - { name: many, clients: 9, feeder: devices.csv, publish: { topic: 'a/%{site}', rate: 1/s } }
  - { name: misspelt, clients: 2, feeder: devices.csv, publish: { topic: 'a/%{sites}', rate: 1/s } }
  - { name: nobody, clients: 1, publish: { topic: 'a/%{site}', rate: 1/s } }
  - { name: devices, clients: 4, feeder: devices.csv, publish: { topic: 'a/%{site}', rate: 1/s } }
  - { name: again, clients: 1, feeder: more.csv, publish: { topic: 'a/%{site}', rate: 1/s } }
  - { name: absent, clients: 1, feeder: none.csv }
  - { name: secret, clients: 1, username: u, password: $MQBENCH_TEST_NO_SUCH_VARIABLE }
`);
    let said = '';
    try {
      checkIdentities(scenario);
    } catch (error) {
      said = (error as Error).message.replaceAll(folder, '.');
    }
    expect(said).toMatchInlineSnapshot(`
      "the fleet many: the feeder has 4 rows for 9 clients (clients: 4, or more rows)
        the fleet misspelt: %{sites} has no value in row 1 of the feeder (did you mean %{site}?)
        the fleet nobody: %{site} is a column of a feeder, and there is none (give one (feeder: file.csv))
        the fleet again: the feeder has the id "d3", and the fleet devices has it as well
        the fleet absent: read ./none.csv: ENOENT: no such file or directory, open './none.csv' (give the path of a file that can be read)
        the fleet secret: the variable MQBENCH_TEST_NO_SUCH_VARIABLE, with the password of the clients, is not set"
    `);
  });
});
