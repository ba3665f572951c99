import type { PublishTemplate } from '../../mqtt/codec/publish-template.js';

/**
 * The topics of one client. Without a pace of their own they take turns: message k of the client is message
 * floor(k / topics) of topic k mod topics.
 */
export class Flows {
  readonly templates: (PublishTemplate | undefined)[] = [];
  /** Written and acknowledged by topic. */
  private readonly sent: number[];
  readonly acknowledged: number[];
  /** Due by topic, where topics have a pace of their own. */
  private readonly offered: number[];

  /** @param dueAt the pace of each topic; undefined: they take turns */
  constructor(
    private readonly topics: number,
    private readonly dueAt?: (flow: number, sequence: number) => number,
  ) {
    this.offered = new Array<number>(topics).fill(0);
    this.acknowledged = new Array<number>(topics).fill(0);
    this.sent = new Array<number>(topics).fill(0);
  }

  /** The next message of a topic, counted within it. */
  sequenceOf(flow: number): number {
    return this.sent[flow] as number;
  }

  /** A message of a topic, counted over all topics. */
  messageOf(flow: number, sequence: number): number {
    return sequence * this.topics + flow;
  }

  offer(flow: number): void {
    this.offered[flow] = (this.offered[flow] as number) + 1;
  }

  take(flow: number): void {
    this.sent[flow] = (this.sent[flow] as number) + 1;
  }

  acknowledge(flow: number): void {
    this.acknowledged[flow] = (this.acknowledged[flow] as number) + 1;
  }

  /** Messages of a topic that are due. @param offered those of the client that are, for topics that take turns */
  offeredOf(flow: number, offered: number): number {
    if (this.dueAt !== undefined) return this.offered[flow] as number;
    return Math.max(0, Math.ceil((offered - flow) / this.topics));
  }

  /** The topic whose next message is the oldest below `offered` that may go; -1 without one. */
  next(offered: number, client: { mayGo(flow: number, sequence: number): boolean }): number {
    let best = -1;
    let bestAge = Number.POSITIVE_INFINITY;
    for (let flow = 0; flow < this.topics; flow++) {
      const sequence = this.sequenceOf(flow);
      if (sequence >= this.offeredOf(flow, offered)) continue;
      const age = this.dueAt?.(flow, sequence) ?? this.messageOf(flow, sequence);
      if (age >= bestAge || !client.mayGo(flow, sequence)) continue;
      best = flow;
      bestAge = age;
    }
    return best;
  }
}
