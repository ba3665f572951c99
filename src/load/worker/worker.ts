import type { Clock } from '../../base/clock.js';
import { Random } from '../../base/numbers/random.js';
import { Outbox } from '../../mqtt/session/outbox.js';
import type { LoadPlan } from '../../plan/plan.js';
import { VirtualClient } from '../client/client.js';
import { Tokens } from '../client/credentials/token.js';
import type { Dialer } from '../client/dialer.js';
import { EventBook } from '../client/event-book.js';
import type { ClientHost } from '../client/host.js';
import { nameClient } from '../client/naming.js';
import { Publishing } from '../client/publishing.js';
import { payloadOf } from '../client/wire.js';
import { type CellFleet, Fleets } from '../fleets.js';
import type { Hook } from '../hook/hook.js';
import type { Standing, StartOrder } from '../messages.js';
import { retryMicros } from '../pace/backoff.js';
import { globalNumber, type Share, shareOf } from '../pace/split.js';
import { Turns } from '../pace/turns.js';
import { Books } from '../tally/books.js';

/** What user's code a worker runs. */
export interface WorkerHook {
  readonly hook?: Hook | undefined;
  /** The process cannot go on, e.g. because of the hook; told before it ends. */
  readonly onFatal?: (error: unknown) => void;
}

/** The clients of one worker process and everything they share. What they do when is up to {@link Loop}. */
export class Worker {
  readonly plan: LoadPlan;
  /** All of the cell, and which of them the worker's clients are in. */
  readonly fleets: Fleets;
  readonly fleet: number;
  readonly share: Share;
  readonly clients: readonly VirtualClient[];
  readonly books: Books;
  readonly events: EventBook;
  /** Of each fleet: subscribers have to know when others' messages were due. */
  readonly publishings: readonly Publishing[];
  /** Of the worker's own. */
  readonly publishing: Publishing;
  /** Clients that dial again, some at a time. */
  private readonly returning: Turns<VirtualClient>;
  /** Clients that gave up without having been up. */
  private gaveUp = 0;
  private upListener: (client: VirtualClient) => void = () => {};
  private settled: () => void = () => {};

  constructor(
    order: StartOrder,
    private readonly dialer: Dialer,
    readonly clock: Clock,
    { hook, onFatal = () => {} }: WorkerHook = {},
  ) {
    const { plan, share, run, cell } = order;
    this.plan = plan;
    this.share = share;
    this.fleet = cell?.fleet ?? 0;
    const fleets = new Fleets(cell?.plans ?? [plan]);
    this.fleets = fleets;
    const { firstClient } = fleets.all[this.fleet] as CellFleet;
    this.publishings = fleets.plans.map((one) => new Publishing(one, fleets.publishes || one.anyRun === true));
    this.publishing = this.publishings[this.fleet] as Publishing;
    this.books = new Books(order, fleets, dialer, clock);
    const clients: VirtualClient[] = [];
    this.clients = clients;
    this.events = new EventBook(clients, dialer, plan);
    this.returning = new Turns(clock, (client) => client.dialAgain());
    const { books, events, publishing } = this;
    const random = new Random(plan.seed + share.worker * 7919);
    const host: ClientHost = {
      ...{ plan, fleets, clock, dialer, books, events, publishing },
      outbox: new Outbox(),
      tokens: plan.jwt && new Tokens(plan.jwt),
      wire: { plan, payload: payloadOf(plan), run, firstClient, hook, onFatal },
      retryWait: (client) => retryMicros(plan.reconnect, client, random),
      redial: (client, due) => this.redial(client, due),
      onUp: (client) => {
        this.upListener(client);
        this.checkSettled();
      },
      onGone: ({ everUp }) => {
        if (!everUp) this.gaveUp++;
        this.checkSettled();
      },
    };
    for (let local = 0; local < shareOf(plan.clients, share); local++)
      clients.push(new VirtualClient(nameClient(plan, globalNumber(local, share)), host));
  }

  /** Lets a client that is waiting dial again; to the millisecond, which is what a retry needs. */
  redial(client: VirtualClient, dueMicros: number): void {
    const wait = dueMicros - this.clock();
    if (wait <= 0) this.returning.add(client);
    else setTimeout(() => this.returning.add(client), wait / 1000).unref();
  }

  /** Called with each client that comes up, before it is known whether all have. */
  onUp(listener: (client: VirtualClient) => void): void {
    this.upListener = listener;
  }

  /** Resolves when every client was up once or has given up, at the latest after `timeoutMillis`. */
  whenSettled(timeoutMillis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, timeoutMillis));
      this.settled = () => {
        clearTimeout(timer);
        resolve();
      };
      this.checkSettled();
    });
  }

  /** The host's addresses have changed: who can takes its connection along, the others dial from the new ones. */
  moveTo(localAddresses: readonly string[]): void {
    const { books, dialer } = this;
    const { counters } = books.tally;
    dialer.moveTo(localAddresses);
    for (const { isUp, connection, number } of this.clients) {
      if (!isUp || connection === undefined) continue;
      dialer.move(connection, number)?.then(
        ({ micros }) => {
          counters.add('migrations', 1);
          books.segment(this.clock()).record('migration.path', micros);
        },
        () => counters.add('migrations.failed', 1),
      );
    }
  }

  standing(): Standing {
    const sums = { fleet: this.fleet, inFlight: 0, waiting: 0, connected: 0, gone: 0 };
    for (const { session, traffic, exchange, isUp, state } of this.clients) {
      const { requests } = exchange;
      sums.inFlight += session.unacknowledged;
      // What is acknowledged and not answered is under way, too.
      if (requests !== undefined) sums.inFlight += Math.max(0, requests.unanswered(traffic) - session.unacknowledged);
      sums.waiting += traffic.offered - traffic.sent;
      if (isUp) sums.connected++;
      if (state === 'gone') sums.gone++;
    }
    return { ...sums, counts: this.books.recorder.totals(), lastSentMicros: this.publishing.lastSent };
  }

  private checkSettled(): void {
    if (this.books.everUp + this.gaveUp >= this.clients.length) this.settled();
  }
}
