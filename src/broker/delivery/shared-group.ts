/** Hands a message to one subscription; `done` comes when the subscriber's socket has taken it. */
type Deliver<M> = (message: M, done: () => void) => void;

/**
 * What a shared subscription, `$share/<group>/<filter>`, filters by (MQTT 5, section 4.8.2).
 * @returns undefined when it is the filter of an ordinary subscription
 */
export function sharedFilterOf(filter: string): string | undefined {
  if (!filter.startsWith('$share/')) return undefined;
  const end = filter.indexOf('/', '$share/'.length);
  if (end <= '$share/'.length || end === filter.length - 1) return undefined;
  return filter.slice(end + 1);
}

/**
 * The subscribers that share one filter: each message goes to one of them, in turn. What was handed to a member
 * that leaves before it acknowledges is not handed to another; the specification leaves that to servers (4.8.2).
 */
export class SharedGroup<M extends { readonly topic: string }> {
  private readonly members: Deliver<M>[] = [];
  private next = 0;
  /** Filters that begin with a wildcard do not match the broker's own topics [MQTT-4.7.2-1]. */
  private readonly skipsOwn: boolean;

  /** @param filter without `$share/<group>/` */
  constructor(readonly filter: string) {
    this.skipsOwn = filter.startsWith('#') || filter.startsWith('+');
  }

  get size(): number {
    return this.members.length;
  }

  add(member: Deliver<M>): void {
    this.members.push(member);
  }

  remove(member: Deliver<M>): void {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
  }

  readonly deliver: Deliver<M> = (message, done) => {
    if (this.skipsOwn && message.topic.startsWith('$')) {
      done();
      return;
    }
    this.next = (this.next + 1) % this.members.length;
    (this.members[this.next] as Deliver<M>)(message, done);
  };
}
