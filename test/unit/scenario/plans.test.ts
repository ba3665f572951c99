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
});
