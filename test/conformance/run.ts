import { afterAll, beforeAll, describe, it } from 'vitest';
import type { TransportName } from '../../src/transport/contract.js';
import {
  type BrokerUnderTest,
  hasWebSocket,
  isIncluded,
  startBrokerUnderTest,
  transports,
} from './broker-under-test.js';
import { Scene } from './scene.js';
import { differenceOf, idsOf, type Statement, type Version } from './statement.js';
import { statements } from './statements.js';

/** A test for each statement of a version, over each transport, all against one broker. */
export function describeConformance(version: Version): void {
  describe(`MQTT ${version}`, () => {
    let broker: BrokerUnderTest;
    beforeAll(async () => {
      broker = await startBrokerUnderTest();
    });
    afterAll(() => broker?.close());

    const play = async (statement: Statement, transport: TransportName): Promise<void> => {
      const scene = new Scene(broker, transport, version === '5.0' ? 5 : 4);
      const difference = isIncluded ? differenceOf(statement, version) : undefined;
      try {
        await (difference ?? statement).test(scene);
        scene.check();
      } finally {
        scene.end();
      }
    };
    const all = statements.filter((statement) => idsOf(statement, version).length > 0);
    const reached = hasWebSocket ? [...transports, 'ws' as const] : transports;
    describe.each(reached)('over %s', (transport) => {
      const here = all.filter(({ over = transports }) => over.includes(transport));
      for (const statement of here) {
        const { says } = statement;
        const isKept = !isIncluded || differenceOf(statement, version) === undefined;
        const name = `[${idsOf(statement, version).join('] [')}] ${isKept ? says : `does not hold: ${says}`}`;
        it.concurrent(name, () => play(statement, transport));
      }
    });
  });
}
