import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadPlans } from '../../../src/run/plan.js';
import { findScenario } from '../../../src/scenario/find.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';

/** Those that were there before a load could be several fleets. */
const older = [
  ...['brokers', 'connect-latency', 'connect-storm', 'demo', 'lossy-link-calm', 'lossy-link'],
  ...['multistream', 'nat-rebind', 'reconnect', 'wire-overhead'],
];

describe('files that know nothing of fleets', () => {
  it.each(older)('%s means the plans that it always meant', (name) => {
    const file = findScenario(name, '/');
    const address = { host: '10.0.0.1', port: 1 };
    const addresses = { tcp: address, tls: address, ws: address, wss: address, quic: address };
    const plans = [false, true].flatMap((quick) => {
      const scenario = readScenario(readFileSync(file, 'utf8'), file, { quick });
      // One cell of each load: what differs by arm and network is not of the load.
      const cells = planCells(scenario);
      const kinds = new Map(cells.map((cell) => [JSON.stringify(cell.load), cell]));
      return [...kinds.values()].flatMap((cell) => {
        const made = loadPlans(cell, scenario.lab, { addresses, ca: '' }, ['10.0.0.2']);
        return made.map(({ target: _, seed: __, ...plan }) => plan);
      });
    });
    expect(plans).toMatchSnapshot();
  });

  it.each(older)('%s has the cells that it always had, in full and with --quick', (name) => {
    const file = findScenario(name, '/');
    const cells = [false, true].map((quick) => {
      return planCells(readScenario(readFileSync(file, 'utf8'), file, { quick }))
        .map(({ id }) => id)
        .sort();
    });
    expect(cells).toMatchSnapshot();
  });
});

describe('a quick part', () => {
  it.each([
    [
      'network: [{ name: calm, rtt: 1ms }, { name: lossy, loss: 1% }]',
      'network: { name: short, rtt: 2ms }',
      ['tcp@short'],
    ],
    ['network: [{ name: a, rtt: 1ms }]', 'network: [{ name: b, rtt: 2ms }, { name: c, rtt: 3ms }]', ['tcp@b', 'tcp@c']],
    ['network: { name: a, rtt: [1ms, 2ms] }', 'network: none', ['tcp@loopback']],
  ])('is laid over a list as a whole: %s', (full, part, ids) => {
    const text = `title: t\narms: [tcp]\n${full}\nload: { duration: 1s }\nquick: { ${part} }\n`;
    const cells = planCells(readScenario(text, 'x.yaml', { quick: true }));
    expect(cells.map(({ id }) => id).sort()).toEqual(ids);
  });
});
