import { formatDuration, formatRate, parsePerSecond } from '../base/units.js';
import type { Asked, Rule } from './asked.js';

/** How slowly a subscriber takes what comes for it, so that flow control holds up the broker. */
export interface ReadsPlan {
  /** Messages a second, each client; 0: it stops reading. */
  readonly perSecond: number;
  /** From so long after it was connected on; default at once. */
  readonly afterMicros?: number;
}

/** `10/s`, or none. @throws MQB_BAD_UNIT */
export const parseReads = (text: string | number): number => (text === 'none' ? 0 : parsePerSecond(text));

/** What slow reading cannot be. */
export const readsRule: Rule = ({ reads, readsAfter, datagrams }, { name }, wrong) => {
  if (reads === undefined && readsAfter !== undefined)
    wrong('readsAfter', `says when subscribers become slow: give ${name('reads')}, too`);
  if (reads !== undefined && datagrams)
    wrong('reads', `works by flow control, and ${name('datagrams')} have none: leave one out`);
};

export const readsOf = ({ reads, readsAfter }: Pick<Asked, 'reads' | 'readsAfter'>): ReadsPlan | undefined =>
  reads === undefined ? undefined : { perSecond: reads, ...(readsAfter ? { afterMicros: readsAfter } : {}) };

/** ", of which each takes 10/s after 5 s" */
export function readsText({ perSecond, afterMicros = 0 }: ReadsPlan): string {
  const after = afterMicros === 0 ? '' : ` after ${formatDuration(afterMicros)}`;
  return perSecond === 0 ? `, reading nothing${after}` : `, reading ${formatRate(perSecond)} each${after}`;
}
