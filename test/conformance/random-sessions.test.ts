import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/numbers/random.js';
import { type BrokerUnderTest, isIncluded, startBrokerUnderTest } from './broker-under-test.js';
import { Scene } from './scene.js';
import { SessionModel } from './session-model.js';

/** Enough for each kind of step to meet each other; the seed repeats a run. */
const steps = 120;

describe.runIf(isIncluded)('a session whose client leaves, comes back and acknowledges at random', () => {
  let broker: BrokerUnderTest;
  beforeAll(async () => {
    broker = await startBrokerUnderTest();
  });
  afterAll(() => broker?.close());

  const cases = ([4, 5] as const).flatMap((level) =>
    (['tcp', 'quic'] as const).flatMap((transport) => [1, 2].map((seed) => ({ level, transport, seed }))),
  );
  it.concurrent.each(cases)(
    'gets every message in order, once, by the rules: MQTT level $level over $transport, seed $seed',
    async ({ level, transport, seed }) => {
      const random = new Random(seed * 31 + level);
      const at = new Scene(broker, transport, level);
      const publisher = await at.client();
      const session = new SessionModel(at, random);
      await session.connect();
      await session.subscribe(at.topic('#'));
      let sent = 0;
      const publish = (): Promise<number> =>
        publisher.publish(at.topic(`${random.below(3)}`), `${sent++}`, { qos: random.below(2) === 0 ? 1 : 2 });
      for (let step = 0; step < steps; step++) {
        const what = random.below(10);
        if (what < 4) await publish();
        else if (what < 9) await session.acknowledgeOne();
        else {
          await session.leave();
          for (let away = random.below(3); away > 0; away--) await publish();
          await session.connect();
        }
      }
      await session.acknowledgeAll(() => session.isDone && session.got.length >= sent);
      at.end();
      expect(session.faults).toEqual([]);
      expect(session.got).toEqual(Array.from({ length: sent }, (_, i) => i));
      expect(session.isDone).toBe(true);
    },
  );
});
