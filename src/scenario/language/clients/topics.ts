import { z } from 'zod';
import { usualPayload } from '../../../plan/limits.js';
import { mostStreams, streamPriorityMost } from '../../../transport/stream-map.js';
import { duration, qos, size } from '../fields.js';

/** Of a topic or a filter, and of arms over QUIC; the others have one stream. */
export const streamFields = {
  stream: z
    .int()
    .min(0)
    .max(mostStreams)
    .optional()
    .describe(
      'QUIC arms: 0 the control stream, 1 and up data streams; what names none is dealt over those that are named.',
    ),
  priority: z.int().min(0).max(streamPriorityMost).optional().describe('Of that stream; higher is more important.'),
};

/** Topics of a client that each have a pace of their own. */
export const topicsSchema = z
  .array(
    z.strictObject({
      topic: z.string().min(1).describe('With the variables of topics; %s counts the messages of this topic.'),
      interval: duration('Time between two messages of one client on this topic.', '1s'),
      qos: qos.default(1),
      retain: z.boolean().default(false).describe('The broker keeps the last message of the topic.'),
      payload: size('Payload of a message.', '256').default(usualPayload),
      ...streamFields,
      template: z.string().optional().describe('Instead: a payload made for each message, as in publish.template.'),
    }),
  )
  .min(1);
