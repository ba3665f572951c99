import { messageOf } from '../../base/errors.js';
import { inThousands } from '../../base/units.js';
import { open, question } from '../check.js';

const sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** The largest of 1 KB, 10 KB … 10 MB that comes through whole. */
export const checkSizes = question('largest message', async (target) => {
  let largest = 0;
  let why = '';
  for (const size of sizes) {
    try {
      const client = await open(target);
      const topic = `${target.prefix}/size`;
      await client.subscribe(topic, 1);
      await client.publish(topic, Buffer.alloc(size, 'x'), { qos: 1 });
      await client.messageOf(size).catch((error: unknown) => {
        throw new Error(`acknowledged, but not delivered: ${messageOf(error)}`);
      });
      await client.end();
      largest = size;
    } catch (error) {
      why = `; ${inThousands(size)} B: ${messageOf(error)}`;
      break;
    }
  }
  if (largest === 0) throw new Error(why.slice(2));
  return `${inThousands(largest)} B${why}`;
});
