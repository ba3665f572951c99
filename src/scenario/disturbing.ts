import type { EventKind, TimelineEvent } from './types.js';

/** Events that can end connections, or make them useless. The others (heal, udp-open, nat) leave every client as it is. */
const disturbing: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(['rebind', 'return', 'address-change', 'blackout', 'flap', 'profile', 'udp-block'] as const),
  ...(['disconnect', 'cut'] as const),
]);

/** Whether it is asked of an event what became of the clients. */
export const disturbs = ({ kind }: Pick<TimelineEvent, 'kind'>): boolean => disturbing.has(kind);

/** Those of a timeline that happen to an arm and disturb its clients. */
export function disturbingOf(timeline: readonly TimelineEvent[], arm: string): TimelineEvent[] {
  return timeline.filter((event) => disturbs(event) && (event.arms === undefined || event.arms.includes(arm)));
}
