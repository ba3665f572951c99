import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../src/scenario/read.js';
import { planMeant } from '../../helpers/plan-meant.js';

const file = (publish: string, more = '', version = 5) =>
  readScenario(
    `title: t\narms: [tcp]\nnetwork: none\nload: { mqttVersion: ${version}, clients: 10, duration: 1s, ${more} publish: { topic: t, rate: 5/s, ${publish} } }\n`,
    'x.yaml',
  ).load;
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('asking and answering', () => {
  it('is said alike in a file and on the command line', async () => {
    const asked = (await planMeant('pub -V 5 -t t -q 1 -F 10 -c 10 --rate 5 --request')).publish;
    expect(plain(file('request: true').publish)).toEqual(plain(asked));
    expect(asked?.properties).toEqual({ responseTopic: 'mqbench/response/%c' });
    const own = (await planMeant('pub -V 5 -t t -q 1 --request --response-topic r/%i')).publish;
    expect(own?.properties).toEqual(file('request: true, responseTopic: r/%i').publish?.properties);
    expect(file('request: true', 'subscribers: { clients: 2, topic: t, respond: 64 },').subscribe?.respond).toEqual(
      (await planMeant('sub -V 5 -t t --respond 64')).subscribe?.respond,
    );
  });

  it.each([
    ['request: true', '', 4, /publish\.request: uses response topics, which MQTT 5 has: add mqttVersion 5/],
    ['request: true, correlationData: a', '', 5, /publish\.request: makes the correlation data/],
    ['request: true, responseTopic: r', '', 5, /publish\.request: needs a response topic for each client/],
    ['request: true, responseTopic: "r/%c/%s"', '', 5, /publish\.request: subscribes to the response topic/],
    ['qos: 1', 'subscribers: { topic: t, respond: 64 },', 4, /subscribers\.respond: uses response topics/],
  ])('is refused in a file where it cannot be: %s %s', (publish, more, version, says) => {
    expect(() => file(publish, more, version)).toThrow(says);
  });

  it.each([
    ['pub -t t --request', /--request uses response topics, which MQTT 5 has: add -V 5|--request is of MQTT 5/],
    ['sub -t t --respond 64', /--respond uses response topics, which MQTT 5 has: add -V 5/],
    ['pub -t t -V 5 --request --correlation-data x', /--request makes the correlation data of each message/],
    ['pubsub -V 5 --pattern own --respond 64', /--respond is of clients that only subscribe/],
  ])('is refused on the command line: %s', async (line, says) => {
    await expect(planMeant(line)).rejects.toThrow(says);
  });
});
