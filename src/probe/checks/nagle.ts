import { sleep } from '../../base/sleep.js';
import { open, question } from '../check.js';

const rounds = 15;
/** Between the two messages of a pair: longer than a broker waits to send several at once. */
const apartMillis = 8;
/** Between rounds: a delayed acknowledgement is on its way by then (40 ms on Linux). */
const pauseMillis = 60;
/** Half of that delay. Where nothing waits for it the two come as far apart as they were sent. */
const lateMillis = 20;

/**
 * A subscriber that has just said something gets two small messages one after the other. Its kernel now delays
 * acknowledgements, so that they may go with what it says next (RFC 9293, 3.8.6.3); with Nagle's algorithm (RFC 896) the second message
 * waits at the broker for that.
 */
export const checkNagle = question(
  'delivers at once (TCP_NODELAY)',
  async (target) => {
    const topic = `${target.prefix}/nagle`;
    const subscriber = await open(target);
    await subscriber.subscribe(topic, 0);
    const publisher = await open(target);
    const publish = (text: string) => publisher.publish(topic, Buffer.from(text), { qos: 0 });
    const late: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await publish(`ask ${round}`);
      await subscriber.message(`ask ${round}`);
      await subscriber.publish(`${topic}/answer`, Buffer.from('answer'), { qos: 0 });
      await sleep(2 * apartMillis);
      const delays: number[] = [];
      for (const half of ['first', 'second']) {
        const sent = performance.now();
        await publish(`${half} ${round}`);
        void subscriber.message(`${half} ${round}`).then(
          () => delays.push(performance.now() - sent),
          () => {}, // the check is over
        );
        await sleep(apartMillis);
      }
      await sleep(pauseMillis);
      if (delays.length === 2) late.push((delays[1] as number) - (delays[0] as number));
    }
    if (late.length <= rounds / 2)
      throw new Error(`${rounds - late.length} of ${rounds} pairs of messages were late or lost`);
    const median = late.sort((a, b) => a - b)[late.length >> 1] as number;
    if (median > lateMillis)
      throw new Error(`the second of two small messages was ${median.toFixed(0)} ms late (median of ${late.length})`);
    return undefined;
  },
  { no: 'small messages close together wait for the receiver’s delayed acknowledgement: a round trip and up to 40 ms' },
);
