import { formatDuration } from '../../../base/units.js';
import { darkTimes } from '../dark.js';
import { duration } from '../fields.js';
import { networkKind } from '../kind.js';

export const blackout = networkKind({
  kind: 'blackout',
  description: 'Nothing passes for a while.',
  fields: { forMicros: duration('for', 'How long.', '5s') },
  disturbs: true,
  lastsMicros: ({ forMicros }) => forMicros,
  check: ({ forMicros }, left) =>
    forMicros > left ? ['for', 'the blackout outlasts the traffic, so nothing would be seen of its end'] : undefined,
  sentence: ({ forMicros }) => `nothing passes for ${formatDuration(forMicros)}`,
  act: (stage, { forMicros }) => darkTimes(stage, 1, forMicros, 0),
});
