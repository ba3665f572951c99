import { z } from 'zod';
import { usualPayload } from '../../../plan/limits.js';
import { duration, qos, size } from '../fields.js';

/** Topics of a client that each have a pace of their own. */
export const topicsSchema = z
  .array(
    z.strictObject({
      topic: z.string().min(1).describe('With the variables of topics; %s counts the messages of this topic.'),
      interval: duration('Time between two messages of one client on this topic.', '1s'),
      qos: qos.default(1),
      retain: z.boolean().default(false).describe('The broker keeps the last message of the topic.'),
      payload: size('Payload of a message.', '256').default(usualPayload),
      template: z.string().optional().describe('Instead: a payload made for each message, as in publish.template.'),
    }),
  )
  .min(1);
