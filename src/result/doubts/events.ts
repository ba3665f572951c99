import type { DoubtMeaning } from './meaning.js';

/** What is not known of an event. */
export const aboutEvents = {
  'event-unseen': {
    means: 'an event of the timeline left no trace',
    spoils: 'Everything about this event: it may not have happened.',
    remedy: 'Look at the proof of the event in result.json; try it by hand with `mqbench lab event`.',
  },
  'outcome-unknown': {
    means: 'nothing was asked of clients after an event, so nobody knows what became of them',
    spoils: 'The outcome of the clients after the event: nothing was sent from which it could be told.',
    remedy: 'Let them publish or ping more often than the run lasts after the event.',
  },
  'ended-too-early': {
    means: 'the run ended before clients could notice that an event had cut them off',
    spoils: 'How many clients came back, and how fast: clients that had not noticed the event yet are not counted.',
    remedy: 'Let the traffic go on after the event for longer than it takes to notice (deadAfter, keepalive).',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;
