import { describe, expect, it } from 'vitest';
import { nameClient } from '../../../../src/load/client/naming.js';
import { SubscriptionIndex } from '../../../../src/load/client/subscriptions.js';
import { Fleets } from '../../../../src/load/fleets.js';
import { expectedDeliveries } from '../../../../src/load/merge/receivers.js';
import { atRate, filler } from '../../../helpers/plans.js';
import { fc } from '../../../helpers/properties.js';
import { matches } from '../../../helpers/topic-match.js';
import { virtualPlan } from '../worker/virtual-fleet.js';

const level = fc.constantFrom('', 'a', 'b', '$a');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 4 }), fc.boolean())
  .map(([levels, all]) => [...levels, ...(all || levels.length === 0 ? ['#'] : [])].join('/'));

describe('the clients that a message is for', () => {
  it('are those with a filter that matches by the rules of MQTT, each once', () => {
    fc.assert(
      fc.property(fc.array(filter, { minLength: 1, maxLength: 6 }), topic, (filters, name) => {
        const [first, ...further] = filters as [string, ...string[]];
        const plan = virtualPlan({ clients: 1, subscribe: { topic: first, qos: 0, further } });
        const index = new SubscriptionIndex().add(plan, [nameClient(plan, 0)]);
        expect(index.clientsOf(name)).toEqual(filters.some((one) => matches(one, name)) ? [0] : []);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are found among thousands with wildcards of their own without a look at each', () => {
    const clients = 5_000;
    const plan = virtualPlan({
      clients,
      subscribe: { topic: 'v/%c/+', qos: 1 },
      publish: { topic: 'v/%c/x', qos: 1, payload: filler(64), pace: atRate(1), inflight: 1 },
    });
    const once = new Array<number>(clients).fill(1);
    const books = [{ fleet: 0, share: { worker: 0, workers: 1 }, offered: once, sent: once }];
    const began = performance.now();
    expect(expectedDeliveries(new Fleets([plan]), books)).toBe(clients);
    expect(performance.now() - began).toBeLessThan(2_000); // a look at each is 25 million: some 10 s
  });
});
