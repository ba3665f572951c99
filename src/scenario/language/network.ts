import { z } from 'zod';
import { natPolicies } from '../../lab/contract.js';
import { bitRate, count, linkTime, name, oneOrMore, share } from './fields.js';

const overhead = (description: string, least = 0) => z.int().min(least).max(100_000).default(0).describe(description);
const shape = (description: string) => z.enum(['uniform', 'normal', 'pareto']).optional().describe(description);

/** What one direction of the link does; names of netem, units written out. */
const impairmentFields = {
  delay: linkTime('One-way delay.', '15ms').optional(),
  jitter: linkTime('Variation of the delay.', '3ms').optional(),
  distribution: shape('Shape of the jitter.'),
  jitterCorrelation: share("How much a packet's delay follows the one before.").optional(),
  loss: share('Packets lost at random.').optional(),
  lossCorrelation: share('How much a loss follows the one before.').optional(),
  meanBurst: z
    .number()
    .min(1)
    .optional()
    .describe('Lost packets in a row, on average: makes the loss come in bursts of that length.'),
  gilbertElliott: z
    .strictObject({
      p: share('Good to bad, per packet.'),
      r: share('Bad to good, per packet.'),
      lossInBad: share('Loss while bad (1-h).'),
      lossInGood: share('Loss while good (1-k).'),
    })
    .optional()
    .describe('Loss in bursts: two states, each with its loss (Gilbert-Elliott).'),
  reorder: share('Packets sent at once instead of after the delay; needs a delay.').optional(),
  reorderCorrelation: share('How much a reordering follows the one before.').optional(),
  reorderGap: count('Only every n-th packet is a candidate for reordering.').optional(),
  duplicate: share('Packets sent twice.').optional(),
  corrupt: share('Packets with a bit flipped.').optional(),
  rate: bitRate('Bandwidth.').optional(),
  rateOverhead: z
    .strictObject({
      packetBytes: overhead('On top of each packet; may be negative.', -1500),
      cellBytes: overhead('Payload of a cell; 0: the line sends packets.'),
      cellOverheadBytes: overhead('On top of each cell.'),
    })
    .optional()
    .describe('What the line sends beside the bytes of IP, e.g. 8, 48 and 5 for ATM; needs a rate.'),
  slot: z
    .strictObject({
      wait: linkTime('Wait for the turn to send.', '20ms'),
      jitter: linkTime('Variation of the wait.', '5ms').optional(),
      distribution: shape('Shape of that jitter.'),
      packets: count('Packets that may leave in one turn.').optional(),
      bytes: count('Once so many bytes of IP have left, the turn is over.').optional(),
    })
    .optional()
    .describe('Packets leave in groups, as from a medium that stations share (Wi-Fi, LTE, DOCSIS).'),
  queue: count('Packets that may wait; a full queue drops.').optional(),
  queueTime: linkTime('Drop instead of waiting longer than this.', '200ms').optional(),
};
export const impairmentSchema = z.strictObject(impairmentFields);
export type ImpairmentInput = z.output<typeof impairmentSchema>;

const directions = {
  up: impairmentSchema.optional().describe('Client to server only; wins over the common fields.'),
  down: impairmentSchema.optional().describe('Server to client only; wins over the common fields.'),
  mtu: z.int().min(576).max(9000).optional().describe('Of the access link, bytes. Default 1500.'),
};

const base = z
  .string()
  .optional()
  .describe('A named network (lan, wifi, 4g, … see scripts/network/profiles.conf); other fields win over it.');

/** A link profile without lists: what an event switches to. */
export const profileSchema = z.strictObject({
  profile: base,
  rtt: linkTime('Round trip: half of it is the delay in each direction.', '30ms').optional(),
  ...impairmentFields,
  ...directions,
});
export type ProfileInput = z.output<typeof profileSchema>;

/** A network, or a matrix of them: every list multiplies. */
export const networkSchema = z.strictObject({
  name: name('Name in tables, cell ids and expectations; default made from the values.').optional(),
  ...profileSchema.shape,
  rtt: oneOrMore(linkTime('Round trip: half of it is the delay in each direction.', '30ms')).optional(),
  delay: oneOrMore(linkTime('One-way delay.', '15ms')).optional(),
  jitter: oneOrMore(linkTime('Variation of the delay.', '3ms')).optional(),
  loss: oneOrMore(share('Packets lost at random, in each direction.')).optional(),
  reorder: oneOrMore(share('Packets sent at once instead of after the delay; needs a delay.')).optional(),
  duplicate: oneOrMore(share('Packets sent twice.')).optional(),
  corrupt: oneOrMore(share('Packets with a bit flipped.')).optional(),
  rate: oneOrMore(bitRate('Bandwidth.')).optional(),
  nat: oneOrMore(z.enum(natPolicies))
    .optional()
    .describe(
      'What the NAT does with TCP packets of a flow it no longer knows: forward (the server resets) or drop. Default forward.',
    ),
});
export type NetworkInput = z.output<typeof networkSchema>;
