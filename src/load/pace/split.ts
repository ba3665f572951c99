import type { FeedRow, LoadPlan } from '../../plan/plan.js';

/**
 * How work is shared over workers: client i belongs to worker i mod n. Every client has exactly one owner, so shares
 * add up whatever n is, and neighbours in the connect order start from different processes.
 */
export interface Share {
  readonly worker: number;
  readonly workers: number;
}

/** How many of `total` numbered things a worker owns. */
export function shareOf(total: number, share: Share): number {
  return total <= share.worker ? 0 : Math.floor((total - share.worker - 1) / share.workers) + 1;
}

/** The global number of a worker's own thing `local`. */
export function globalNumber(local: number, share: Share): number {
  return share.worker + local * share.workers;
}

/**
 * The plan with the rows of the worker's own clients whole. Of those of others it needs what their topics are made of, and
 * that only where somebody subscribes; secrets stay where they are used.
 * @param share undefined: of another fleet
 * @param isAwaited somebody of the cell subscribes
 */
export function planFor(plan: LoadPlan, share: Share | undefined, isAwaited: boolean): LoadPlan {
  if (plan.feed === undefined) return plan;
  const known = plan.publish !== undefined && isAwaited ? withoutSecrets : (): FeedRow => ({});
  const isOwn = (i: number): boolean => share !== undefined && i % share.workers === share.worker;
  return { ...plan, feed: plan.feed.slice(0, plan.clients).map((row, i) => (isOwn(i) ? row : known(row))) };
}

const withoutSecrets = ({ password: _password, cert: _cert, key: _key, ...row }: FeedRow): FeedRow => row;

/**
 * How many worker processes each fleet of a cell has: one at least, further ones where most clients are without, and no more
 * than it has clients. So a cell of n fleets has n processes, however few were asked for.
 */
export function workersOf(fleets: readonly Pick<LoadPlan, 'clients'>[], asked: number): number[] {
  const counts = fleets.map(() => 1);
  for (let left = asked - fleets.length; left > 0; left--) {
    const perWorker = fleets.map(({ clients }, i) => clients / (counts[i] as number));
    const most = Math.max(...perWorker);
    if (most <= 1) break;
    const fleet = perWorker.indexOf(most);
    counts[fleet] = (counts[fleet] as number) + 1;
  }
  return counts;
}

/** The worker's own number of global thing `global`, which it must own. */
export function localNumber(global: number, share: Share): number {
  return (global - share.worker) / share.workers;
}

/**
 * Visits, in order of time, the numbers of an endless sequence that belong to a
 * worker: message k belongs to client k mod clients, and that to its worker.
 */
export class ShareCursor {
  private local = 0;
  private round = 0;
  private readonly own: number;

  constructor(
    private readonly clients: number,
    private readonly share: Share,
  ) {
    this.own = shareOf(clients, share);
  }

  /** The next message's number; Infinity for a worker without clients. */
  get index(): number {
    if (this.own === 0) return Number.POSITIVE_INFINITY;
    return this.round * this.clients + globalNumber(this.local, this.share);
  }

  /** The worker's own number of the client it belongs to. */
  get client(): number {
    return this.local;
  }

  /** The how many-th message of that client, from 0. */
  get sequence(): number {
    return this.round;
  }

  advance(): void {
    this.local++;
    if (this.local >= this.own) {
      this.local = 0;
      this.round++;
    }
  }
}
