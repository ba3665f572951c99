/** Hands a message to one subscription; `done` comes when the subscriber's socket has taken it. */
export type Deliver<M> = (message: M, done: () => void) => void;

/**
 * The subscribers that share one filter: each message goes to one of them, in turn. What was handed to a member
 * that leaves before it acknowledges is not handed to another; the specification leaves that to servers (4.8.2).
 */
export class SharedGroup<M> {
  private readonly members: Deliver<M>[] = [];
  private next = 0;

  /** @param filter without `$share/<group>/` */
  constructor(readonly filter: string) {}

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
    this.next = (this.next + 1) % this.members.length;
    (this.members[this.next] as Deliver<M>)(message, done);
  };
}
