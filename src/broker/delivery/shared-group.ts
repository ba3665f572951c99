import type { Route } from './emitter.js';

/**
 * The subscriptions that share one filter: each message goes to one of them, in turn, and past those whose client must acknowledge
 * something first. What was handed to a member that leaves before it acknowledges is not handed to another; the
 * specification leaves that to servers (MQTT 5.0, 4.8.2).
 */
export class SharedGroup {
  private readonly members: Route[] = [];
  private last = 0;

  /** @param filter without `$share/<group>/` */
  constructor(readonly filter: string) {}

  get size(): number {
    return this.members.length;
  }

  add(member: Route): void {
    this.members.push(member);
  }

  remove(member: Route): void {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
  }

  /** @returns whose turn it is; undefined when all have left */
  next(): Route | undefined {
    const { members } = this;
    let full: Route | undefined;
    for (let tries = 0; tries < members.length; tries++) {
      this.last = (this.last + 1) % members.length;
      const member = members[this.last] as Route;
      if (member.subscriber.isGone) continue;
      if (member.subscriber.isFree) return member;
      full ??= member;
    }
    return full;
  }
}
