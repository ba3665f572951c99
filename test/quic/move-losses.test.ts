import { expect, it } from 'vitest';
import { labPair, move, pairsOf, probed } from './moving.js';
import { delivered, lost, pause } from './wire.js';

const oneWayMs = 10;
/** Which of the datagrams that follow the client's first are lost, both directions together, as bits. */
const losses = Array.from({ length: 2 ** 4 }, (_, bits) => bits);

// The address is not proved yet, so every datagram counts, and this client says one thing and then has nothing more to say.
it.concurrent.for([
  { messages: 2, probes: 1 },
  { messages: 2, probes: 2 },
  { messages: 40, probes: 0 },
  { messages: 40, probes: 1 },
  { messages: 40, probes: 2 },
])(
  'a client that its NAT moves gets everything whichever of the next four datagrams are lost: $messages messages after $probes probes',
  { timeout: 120_000 },
  async ({ messages, probes }, { onTestFinished: onFinished }) => {
    const pairs = await pairsOf(losses.length, () => labPair(oneWayMs, onFinished));
    const all = pairs.map(async (pair, bits) => {
      const silence = async (server: typeof pair.server): Promise<void> => {
        await pause(oneWayMs);
        await probed(server, probes);
        let nth = -1;
        pair.lab.wire.fate = () => {
          const isLost = nth >= 0 && (bits >> nth) % 2 === 1;
          nth++;
          return isLost ? lost : { ...delivered, delayMs: oneWayMs };
        };
      };
      await move(pair, { name: `losing ${bits.toString(2)}`, messages, silence });
    });
    const ends = await Promise.allSettled(all);
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as Error).message] : []))).toEqual([]);
  },
);
