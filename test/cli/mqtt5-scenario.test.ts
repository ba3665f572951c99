import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/result/types.js';
import { readScenario } from '../../src/scenario/read.js';
import { hasMosquitto } from '../broker/mosquitto.js';
import { runCli } from '../helpers/cli.js';
import { planMeant } from '../helpers/plan-meant.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-mqtt5-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (load: string, brokers = '[mosquitto]') =>
  `title: MQTT 5\narms: [tcp]\nbrokers: ${brokers}\nnetwork: none\nload: { ${load} }\n`;

const everything = `
  mqttVersion: 5, clients: 5, connectRate: 100/s, duration: 1s, drain: 2s, clean: false,
  sessionExpiry: 5m, receiveMaximum: 20, maximumPacketSize: 1MiB, topicAliasMaximum: 10,
  userProperties: { site: berlin, rack: [a1, a2] },
  subscribe: { topic: 't/%c', qos: 2 },
  publish: { topic: 't/%c', qos: 2, payload: 64, rate: 100/s, topicAlias: true, messageExpiry: 30s,
    contentType: text/plain, responseTopic: 'a/%c', correlationData: '%i', userProperties: { unit: '%i' }, stamp: property }`;

describe('MQTT 5 in a scenario', () => {
  it('means the same as on the command line', async () => {
    const { properties, publish, mqttVersion } = readScenario(file(everything), 'x.yaml').load;
    const flags =
      'pub -t t/%c -q 2 -s 64 --rate 100 -F 10 -V 5 -x 300 --rcv-max 20 --maximum-packet-size 1048576 --topic-alias-maximum 10 ' +
      '--user-property site=berlin --user-property rack=a1 --user-property rack=a2 --topic-alias --message-expiry-interval 30 ' +
      '--content-type text/plain --response-topic a/%c --correlation-data %i --publish-user-property unit=%i --stamp property';
    const plan = await planMeant(flags);
    expect(JSON.parse(JSON.stringify({ ...publish }))).toEqual(JSON.parse(JSON.stringify(plan.publish)));
    expect({ properties, mqttVersion }).toEqual({ properties: plan.properties, mqttVersion: 5 });
    expect(readScenario(file('mqttVersion: 5, sessionExpiry: never'), 'x.yaml').load.properties).toEqual({
      sessionExpiryInterval: 0xffff_ffff,
    });
  });

  it.each([
    ['mqttVersion: 4, receiveMaximum: 5', /receiveMaximum: is of MQTT 5: add mqttVersion 5/],
    [
      'sessionExpiry: 10s, publish: { topic: t, contentType: a }',
      /sessionExpiry: is of MQTT 5.*\n.*publish\.contentType: is of MQTT 5/,
    ],
    ['mqttVersion: 5, sessionExpiry: 1500ms', /sessionExpiry: is whole seconds/],
    ['mqttVersion: 5, receiveMaximum: 0', /receiveMaximum/],
    ['mqttVersion: 5, userProperties: {}', /userProperties: names no property/],
    ['mqttVersion: 5, publish: { topic: t, responseTopic: "a/#" }', /publish\.responseTopic: is a topic to publish to/],
    ['mqttVersion: 5, publish: { topic: "t/%s", topicAlias: true }', /publish\.topicAlias: stands for one topic/],
    ['publish: { topic: t, userProperties: { a: b } }', /publish\.userProperties: is of MQTT 5/],
  ])('is refused where it cannot be: %s', (load, says) => {
    expect(() => readScenario(file(load), 'x.yaml')).toThrow(says);
  });

  it.each(['included', ...(hasMosquitto ? ['mosquitto'] : [])])(
    'is what the broker hears and answers: %s',
    async (broker) => {
      writeFileSync(join(folder, 'x.yaml'), file(everything, `[${broker}]`));
      const outcome = await runCli(['run', 'x.yaml', '--out', broker], { cwd: folder });
      expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
      const [name = ''] = readdirSync(join(folder, broker));
      const { cells } = JSON.parse(readFileSync(join(folder, broker, name, 'result.json'), 'utf8')) as Result;
      expect(cells).toMatchObject([
        { status: 'finished', ledger: [{ qos: 2, missing: 0, duplicate: 0, verdict: 'kept' }] },
      ]);
      const [cell] = cells;
      expect(cell?.metrics.distributions['delivery.e2e']?.count).toBe(100);
      // 100 messages of 5 clients on one connection each: all but the first of each had the alias alone, where there are any.
      if (broker === 'mosquitto') expect(cell?.counters['topicAlias.used']).toBeGreaterThanOrEqual(95);
    },
  );
});
