import type { Clock } from '../../base/clock.js';
import type { Outbox } from '../../mqtt/session/outbox.js';
import type { LoadPlan } from '../../plan/plan.js';
import type { Fleets } from '../fleets.js';
import type { retryMicros } from '../pace/backoff.js';
import type { Books } from '../tally/books.js';
import type { VirtualClient } from './client.js';
import type { Tokens } from './credentials/token.js';
import type { Dialer } from './dialer.js';
import type { EventBook } from './event-book.js';
import type { Publishing } from './publishing.js';
import type { Wire } from './wire.js';

/** What the virtual clients of a worker share. */
export interface ClientHost {
  readonly plan: LoadPlan;
  /** All of the cell, of which `plan` is one. */
  readonly fleets: Fleets;
  readonly clock: Clock;
  readonly dialer: Dialer;
  readonly outbox: Outbox;
  readonly wire: Wire;
  readonly books: Books;
  readonly tokens: Tokens | undefined;
  readonly publishing: Publishing;
  /** What happened to the network or to the fleet. */
  readonly events: EventBook;
  /** Undefined: no further try. See {@link retryMicros}. */
  retryWait(client: Parameters<typeof retryMicros>[1]): number | undefined;
  /** Lets a client that is waiting dial again at that time. */
  redial(client: VirtualClient, dueMicros: number): void;
  onUp(client: VirtualClient): void;
  /** It has given up. */
  onGone(client: VirtualClient): void;
}
