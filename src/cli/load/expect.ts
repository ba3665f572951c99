import { messageOf } from '../../base/errors.js';
import { around } from '../../base/text/shortened.js';
import { ExpectationMistake, type KnownNames } from '../../expect/expectation.js';
import { parseExpectation } from '../../expect/parse.js';
import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import { measuredWindow } from '../../run/load.js';
import { usage } from '../options/parsers.js';
import type { LoadFlags } from './options/flags.js';

/**
 * A mistake in an expectation, or one that can never be judged, must not show after an hour of load.
 * @throws MQB_USAGE
 */
export function checkExpectations(plan: LoadPlan, { expect = [], warmup }: LoadFlags): void {
  const known = knownNames(plan, warmup !== undefined);
  for (const text of expect) {
    try {
      parseExpectation(text, known);
    } catch (error) {
      const shown = around(text, error instanceof ExpectationMistake ? error.column : 1);
      throw usage(`--expect "${shown}": ${messageOf(error)}`, 'for example: --expect "publish.ack.p95 < 20ms"');
    }
  }
}

/** A load is one cell: its arm is called like the transport. */
function knownNames(plan: LoadPlan, hasWindow: boolean): KnownNames {
  const { publish, subscribe, target, anyRun } = plan;
  const levels = (ownTopics(plan) ?? (publish ? [publish] : [])).map(({ qos }) => qos);
  return {
    arms: [target.transport],
    networks: ['direct'],
    windows: hasWindow ? [measuredWindow] : [],
    events: [],
    possible: {
      lab: false,
      publishes: publish !== undefined,
      qos: Math.max(0, ...levels) as 0 | 1 | 2,
      subscribes: subscribe !== undefined,
      hearsOthers: anyRun === true,
      traffic: true,
      disturbed: false,
      search: false,
      roles: ['load'],
    },
  };
}
