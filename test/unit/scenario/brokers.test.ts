import { describe, expect, it } from 'vitest';
import { MqbenchError } from '../../../src/base/errors.js';
import { qualified } from '../../../src/run/brokers/container/image.js';
import type { CommandBroker } from '../../../src/scenario/brokers/spec.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario, type ScenarioOverrides } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';

const scenario = (brokers: string, network = '{ rtt: 10ms }', more = ''): string => `
title: t
arms: [tcp, tls]
brokers: ${brokers}
network: ${network}
load: { clients: 4, connectRate: 10/s, publish: { topic: 'a/%c', rate: 10/s }, duration: 2s }
${more}`;

const ids = (text: string, overrides?: ScenarioOverrides): string[] =>
  planCells(readScenario(text, 'x.yaml', overrides)).map(({ id }) => id);

function mistakesOf(text: string, overrides?: ScenarioOverrides): string[] {
  try {
    readScenario(text, 'x.yaml', overrides);
  } catch (error) {
    return (error as MqbenchError).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  throw new Error('the scenario was accepted');
}

describe('the brokers of a scenario', () => {
  it('are a dimension of the matrix: every arm is played against each', () => {
    expect(ids(scenario('[included, mosquitto]'))).toEqual([
      'included-tcp@10ms',
      'mosquitto-tcp@10ms',
      'included-tls@10ms',
      'mosquitto-tls@10ms',
    ]);
  });

  it('leave the arms their names where there is one, so that what the file expects stays true of them', () => {
    const text = scenario('[mosquitto]', undefined, 'expect: [tcp@10ms.clients.connected == 4]\n');
    expect(ids(text)).toEqual(['tcp@10ms', 'tls@10ms']);
    expect(readScenario(text, 'x.yaml').expect).toHaveLength(1);
    expect(ids(scenario('[included]'))).toEqual(ids(scenario('[included]').replace('brokers: [included]\n', '')));
  });

  it('are chosen on the command line: presets, and what the file describes', () => {
    const described = '[{ name: mine, command: "b -p {port.tcp}", listens: { tcp: 1883 } }, included]';
    const chosen = readScenario(scenario(described), 'x.yaml', { brokers: ['mosquitto', 'mine'] });
    expect(chosen.arms.map(({ name, broker }) => [name, broker?.kind === 'command' && broker.command])).toEqual([
      ['mosquitto-tcp', '{program} -c {config}'],
      ['mine-tcp', 'b -p {port.tcp}'],
      ['mosquitto-tls', '{program} -c {config}'],
      ['mine-tls', 'b -p {port.tcp}'],
    ]);
    expect(mistakesOf(scenario('[included]'), { brokers: ['mosquito'] })).toMatchInlineSnapshot(`
      [
        "brokers[0]: "mosquito" is unknown; did you mean "mosquitto"?",
      ]
    `);
  });

  it('are met by the events of an arm on each of them', () => {
    const text = scenario(
      '[included, mosquitto]',
      undefined,
      'timeline: [{ at: 1s, do: rebind, arms: [tcp] }, { at: 1s, do: rebind, arms: [mosquitto-tls] }]\n',
    );
    expect(readScenario(text, 'x.yaml').timeline.map(({ arms }) => arms)).toEqual([
      ['included-tcp', 'mosquitto-tcp'],
      ['mosquitto-tls'],
    ]);
  });

  it('are said by the plan, and as a difference of the arms', () => {
    const read = readScenario(scenario('[included, mosquitto]'), 'x.yaml');
    expect(describeScenario(read)).toContain('Brokers: included; mosquitto (mosquitto -c {config}).');
    expect(unequalTerms(read)[0]).toMatchInlineSnapshot(
      `"broker, with the settings and limits of its own: included on included-tcp, included-tls; mosquitto on mosquitto-tcp, mosquitto-tls"`,
    );
    expect(describeScenario(readScenario(scenario('[included]'), 'x.yaml'))).not.toContain('Brokers');
  });

  it('listen on any free port where there is no lab, unless the file says on which', () => {
    const listens = (brokers: string) => {
      const [arm] = readScenario(scenario(brokers, 'none'), 'x.yaml').arms;
      return arm?.broker?.kind === 'command' && arm.broker.listens;
    };
    expect(listens('[nats-server]')).toEqual({ tcp: 'free', tls: 'free' });
    expect(listens('[{ preset: nats-server, listens: { tcp: 1884 } }]')).toEqual({ tcp: 1884 });
  });
});

describe('a broker in a container', () => {
  const startedAs = (broker: string) => {
    const [arm] = readScenario(scenario(`[${broker}]`), 'x.yaml').arms;
    const { image, program, command, env } = (arm?.broker ?? {}) as CommandBroker;
    return { image, program, command, env };
  };

  it('is started by its own entry point, or as a preset says of its images', () => {
    const ours = '{ name: a, image: "my/broker:1", command: "-p {port.tcp}", listens: { tcp: 1883 } }';
    expect(startedAs(ours)).toEqual({ image: 'my/broker:1', command: '-p {port.tcp}' });
    expect(startedAs('{ name: a, image: "my/broker:1", listens: { tcp: 1883 } }')).toEqual({
      image: 'my/broker:1',
      command: '',
    });
    expect(startedAs('{ preset: mosquitto, image: "eclipse-mosquitto:2" }')).toEqual({
      image: 'eclipse-mosquitto:2',
      program: ['mosquitto'],
      command: '{program} -c {config}',
    });
    expect(startedAs('{ preset: mosquitto, image: "eclipse-mosquitto:2", program: /opt/m }').program).toEqual([
      '/opt/m',
    ]);
  });

  it('is said by the plan', () => {
    const read = readScenario(scenario('[{ preset: mosquitto, image: "eclipse-mosquitto:2" }]'), 'x.yaml');
    expect(describeScenario(read)).toContain('Brokers: mosquitto (image eclipse-mosquitto:2: mosquitto -c {config}).');
  });

  it.each([
    ['eclipse-mosquitto:2.0.18', 'docker.io/library/eclipse-mosquitto:2.0.18'],
    ['emqx/emqx:5.8', 'docker.io/emqx/emqx:5.8'],
    ['localhost/mine', 'localhost/mine'],
    ['ghcr.io/a/b@sha256:00', 'ghcr.io/a/b@sha256:00'],
    ['registry:5000/b', 'registry:5000/b'],
  ])('%s is pulled as %s', (name, full) => {
    expect(qualified(name)).toBe(full);
  });
});

describe('what is wrong with a broker is told at once', () => {
  it.each([
    ['[mosquitto, mosquitto]'],
    ['[mosquito]'],
    ['[{ command: "x -p 1" }]'],
    ['[{ name: a, command: "x \\"", listens: { tcp: 1 } }]'],
    ['[{ name: a }]'],
    ['[{ name: a, url: { tcp: "mqtts://h", quic: "nonsense://h" }, config: x, password: secret }]'],
    ['[{ name: a, url: { tcp: "mqtt://me:pw@h" }, command: x }]'],
    ['[{ preset: mosquitto, ca: x.pem, insecure: true }]'],
    ['[{ name: a, command: x, program: y, listens: { tcp: 70000, smoke: 1 } }]'],
    ['[{ name: a, image: "Not an image", program: x }]'],
    ['[vernemq]'],
    ['[{ name: a, image: b, url: { tcp: "mqtt://h" } }]'],
    ['[]'],
  ])('%s', (brokers) => {
    expect(mistakesOf(scenario(brokers, 'none'))).toMatchSnapshot();
  });

  it('a broker on the loopback of this host is not to be reached from a lab', () => {
    const brokers = '[{ name: a, url: { tcp: "mqtt://localhost", tls: "mqtts://127.0.0.1:8883" } }]';
    expect(mistakesOf(scenario(brokers))).toMatchInlineSnapshot(`
      [
        "x.yaml:4:27 brokers[0].url: tcp: localhost is the lab itself, seen from there: give an address that other machines reach",
        "x.yaml:4:27 brokers[0].url: tls: 127.0.0.1 is the lab itself, seen from there: give an address that other machines reach",
      ]
    `);
    expect(ids(scenario(brokers, 'none'))).toEqual(['tcp@loopback', 'tls@loopback']);
  });

  it('an error of our class', () => {
    expect(() => readScenario(scenario('[x]'), 'x.yaml')).toThrow(MqbenchError);
  });
});
