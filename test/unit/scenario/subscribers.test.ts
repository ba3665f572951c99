import { describe, expect, it } from 'vitest';
import { loadPlan } from '../../../src/run/plan.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { atRate } from '../../helpers/plans.js';

const text = (load: string) => `title: t\narms: [tcp]\nnetwork: none\nload: ${load}\n`;
const fanIn = text(
  "{ clients: 40, connectRate: 20/s, publish: { topic: 'fleet/%i', interval: 2s }, subscribers: { clients: 3, topic: 'fleet/#', qos: 2 } }",
);

describe('subscribers of their own', () => {
  it('are further clients that only subscribe, and leave the publishers their rate', () => {
    const scenario = readScenario(fanIn, 'x.yaml');
    expect(scenario.load).toMatchObject({ clients: 43, publishers: 40, subscribe: { topic: 'fleet/#', qos: 2 } });
    expect(scenario.load.publish?.pace).toEqual(atRate(20));
    const [cell] = planCells(scenario);
    const plan = loadPlan(cell!, undefined, { addresses: { tcp: { host: '127.0.0.1', port: 1 } }, ca: '' }, []);
    expect(plan).toMatchObject({ clients: 43, publishers: 40, subscribe: { topic: 'fleet/#', qos: 2 } });
  });

  it('are told apart in the description', () => {
    const said = describeScenario(readScenario(fanIn, 'x.yaml')).replace(/\s+/g, ' ');
    expect(said).toContain('43 clients connect at 20/s (2.15 s), 3 of them subscribe to fleet/# with QoS 2.');
    expect(said).toContain('The other 40 publish 256 B to fleet/%i with QoS 1 at 20/s in all');
  });

  it.each([
    ['publish: { topic: "a\\0b", rate: 1/s }', /load\.publish\.topic: has the character U\+0000/],
    [`publish: { topic: ${'x'.repeat(70_000)}, rate: 1/s }`, /load\.publish\.topic: has more than 65535 bytes/],
    ['publish: { topic: a/+, rate: 1/s }', /load\.publish\.topic: is a topic to publish to: no \+ and #/],
    ['subscribe: { topic: "a\\0b" }', /load\.subscribe\.topic: has the character U\+0000/],
    [`subscribe: { topic: ${'x'.repeat(70_000)} }`, /load\.subscribe\.topic: has more than 65535 bytes/],
  ])('and topics that MQTT does not carry are refused (%#)', (load, says) => {
    expect(() => readScenario(text(`{ ${load} }`), 'x.yaml')).toThrow(says);
  });

  it.each([
    ['reads: 10/s', 'reads: 20/s', /load\.subscribe\[1\]\.reads: is of the client, which reads one connection/],
    ['readsAfter: 1s', 'reads: 20/s', /load\.subscribe\[1\]\.reads: is of the client/],
    ['respond: 10', 'respond: 20', /load\.subscribe\[1\]\.respond: is of the client, which answers whatever comes/],
  ])('say %s of a client once, however many filters it has', (first, second, says) => {
    const filters = `[{ topic: a, ${first} }, { topic: b, ${second} }]`;
    expect(() => readScenario(text(`{ mqttVersion: 5, subscribe: ${filters} }`), 'x.yaml')).toThrow(says);
  });

  it('exclude that every client subscribes, and need somebody who publishes', () => {
    const both = text("{ subscribe: { topic: 'a/%c' }, subscribers: { topic: 'a/#b' } }");
    expect(() => readScenario(both, 'x.yaml')).toThrow(
      /x\.yaml:4:\d+ load\.subscribers: every client subscribes already(.*\n)+.*has no publish(.*\n)+.*load\.subscribers\.topic: is no filter: \+ is a whole level/,
    );
  });
});
