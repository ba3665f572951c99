import { formatDuration } from '../../../base/units.js';
import { count, duration } from '../fields.js';
import { networkKind } from '../kind.js';
import { darkTimes } from './blackout.js';

export const flap = networkKind({
  kind: 'flap',
  description: 'Several blackouts.',
  fields: {
    times: count('times', 'How many.', '5', 1000),
    downMicros: duration('down', 'How long nothing passes.', '1s'),
    upMicros: duration('up', 'How long everything passes between.', '4s'),
  },
  disturbs: true,
  lastsMicros: ({ times, downMicros, upMicros }) => times * downMicros + (times - 1) * upMicros,
  sentence: ({ times, downMicros }) => `nothing passes ${times} times for ${formatDuration(downMicros)}`,
  act: (stage, { times, downMicros, upMicros }) => darkTimes(stage, times, downMicros, upMicros),
});
