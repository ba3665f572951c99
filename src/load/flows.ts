import type { PublishTemplate } from '../mqtt/publish-template.js';

/** The topics of one client: message k of the client is message floor(k / topics) of topic k mod topics. */
export class Flows {
  readonly templates: (PublishTemplate | undefined)[] = [];
  private readonly sent: number[];

  constructor(readonly topics: number) {
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

  /** The topic whose next message is the oldest below `offered` that may go; -1 without one. */
  next(offered: number, mayGo: (flow: number, sequence: number) => boolean): number {
    let best = -1;
    for (let flow = 0; flow < this.topics; flow++) {
      const message = this.messageOf(flow);
      if (message >= offered || (best >= 0 && message >= this.messageOf(best))) continue;
      if (mayGo(flow, this.sequenceOf(flow))) best = flow;
    }
    return best;
  }
}
