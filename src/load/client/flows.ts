import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';

/**
 * The topics of one client. Without a pace of their own they take turns: message k of the client is message
 * floor(k / topics) of topic k mod topics.
 */
export class Flows {
  readonly templates: (PublishTemplate | undefined)[] = [];
  private readonly sent: number[];

  /** Due, written and acknowledged by topic; `offered` only where topics have a pace of their own. */
  readonly offered: number[];
  readonly acknowledged: number[];

  /** @param dueAt the pace of each topic; undefined: they take turns */
  constructor(
    readonly topics: number,
    readonly dueAt?: (flow: number, sequence: number) => number,
  ) {
    this.offered = new Array<number>(topics).fill(0);
    this.acknowledged = new Array<number>(topics).fill(0);
    this.sent = new Array<number>(topics).fill(0);
  }

  /** The next message of a topic, counted within it. */
  sequenceOf(flow: number): number {
    return this.sent[flow] as number;
  }

  /** The same, counted over all topics. */
  messageOf(flow: number): number {
    return this.sequenceOf(flow) * this.topics + flow;
  }

  /** @returns its sequence within the topic */
  take(flow: number): number {
    const sequence = this.sequenceOf(flow);
    this.sent[flow] = sequence + 1;
    return sequence;
  }

  /** Whether a message of a topic is due. @param offered messages of the client that are, for topics that take turns */
  isOffered(flow: number, sequence: number, offered: number): boolean {
    if (this.dueAt !== undefined) return sequence < (this.offered[flow] as number);
    return sequence * this.topics + flow < offered;
  }

  /** The topic whose next message is the oldest below `offered` that may go; -1 without one. */
  next(offered: number, mayGo: (flow: number, sequence: number) => boolean): number {
    let best = -1;
    let bestAge = Number.POSITIVE_INFINITY;
    for (let flow = 0; flow < this.topics; flow++) {
      const sequence = this.sequenceOf(flow);
      if (!this.isOffered(flow, sequence, offered)) continue;
      const age = this.dueAt?.(flow, sequence) ?? this.messageOf(flow);
      if (age >= bestAge || !mayGo(flow, sequence)) continue;
      best = flow;
      bestAge = age;
    }
    return best;
  }
}
