import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluateExpectations } from '../../../../src/expect/evaluate.js';
import { impairmentDoubts } from '../../../../src/run/doubts/impairments.js';
import { readScenario } from '../../../../src/scenario/read.js';
import { cell, result } from '../../report/made-up.js';
import { linkPhase } from './link-phases.js';

const stimulus = ['doubts.impairment-unseen == 0', 'doubts.impairment-off == 0'];
const outcomes = (lost: number, asked = 0.1) => {
  const doubts = impairmentDoubts([linkPhase('bad', { loss: asked }, { loss: { tried: 1500, hit: lost } })], 'tun');
  return evaluateExpectations(stimulus, result([{ ...cell('tls', 30_000), doubts }])).map(({ outcome }) => outcome);
};

test.each(['lossy-link', 'lossy-link-calm', 'multistream'])(
  '%s says its stimulus by what was asked, in the quick form too',
  (name) => {
    const file = `scenarios/${name}.yaml`;
    const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');
    for (const quick of [false, true]) {
      const { expect: expectations } = readScenario(text, file, { quick });
      expect(expectations).toEqual(expect.arrayContaining(stimulus));
      // A share of all packets of the cell holds or not by chance.
      expect(expectations.join('\n')).not.toContain('packetsLost');
    }
  },
);

test('a perfect link that was asked for 10 % loss misses it, an honest one does not, whatever chance gave it', () => {
  expect(outcomes(0)).toEqual(['missed', 'held']);
  for (const lost of [122, 145, 150, 178]) expect(outcomes(lost)).toEqual(['held', 'held']);
  expect(outcomes(75)).toEqual(['held', 'missed']);
  expect(outcomes(225)).toEqual(['held', 'missed']);
});

test('an expectation on a counter that the backend has not has no data, and says so', () => {
  const { packetsReordered: _, ...up } = cell('tls', 30_000).link!.up!;
  const netem = result([{ ...cell('tls', 30_000), link: { up, down: up } }]);
  expect(evaluateExpectations(['link.up.packetsReordered > 5% * link.up.packetsIn'], netem)).toMatchObject([
    { outcome: 'no-data', found: expect.stringContaining('link.up.packetsReordered was not measured in tls@30ms') },
  ]);
});
