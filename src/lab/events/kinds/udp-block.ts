import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from '../../../base/clock.js';
import { formatDuration } from '../../../base/units.js';
import { fact } from '../../scripts.js';
import { duration, optional } from '../fields.js';
import { networkKind, type Played, spanOf } from '../kind.js';

export const udpBlock = networkKind({
  kind: 'udp-block',
  description: 'UDP is dropped from now on, or for a while.',
  fields: { forMicros: optional(duration('for', 'How long; default until udp-open.', '5s')) },
  disturbs: true,
  changesNat: true,
  lastsMicros: ({ forMicros = 0 }) => forMicros,
  sentence: ({ forMicros }) => `UDP is dropped${forMicros === undefined ? '' : ` for ${formatDuration(forMicros)}`}`,
  async act(stage, { forMicros }): Promise<Played> {
    const blocked = spanOf((await stage.nat(['block-udp'])).acts);
    if (forMicros === undefined) return { acts: [blocked], facts: { udp: 'blocked' } };
    await sleep(Math.max(0, blocked.endedMicros + forMicros - nowMicros()) / 1000);
    const { acts, facts } = await stage.nat(['unblock-udp']);
    const whole = spanOf([blocked, ...acts]);
    return { acts: [whole], facts: { udp: 'open again', dropped: Number(fact(facts, 'dropped')) } };
  },
});
