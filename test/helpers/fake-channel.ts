import { type Channel, isOf } from '../../src/agents/channel/channel.js';

/** How long something takes from one to another, ms; undefined: it gets lost. */
export type Way = (from: string, to: string) => number | undefined;

interface Listening {
  readonly name: string;
  readonly pattern: string;
  readonly listener: (subject: string, data: Uint8Array) => void;
}

/** What stands in the place of a NATS server: scripted delays and losses, and the order of each pair kept. */
export class FakeWire {
  private listening: Listening[] = [];
  /** When the last that was said from one to another arrives: nothing overtakes it. */
  private readonly latest = new Map<string, number>();
  said = 0;
  saidBytes = 0;

  constructor(public way: Way = () => 0.2) {}

  /** @param name by which {@link way} knows it */
  open(name: string, mostBytes = 1024 * 1024): Channel & { cut(why: string): void } {
    let tell: (why: string) => void = () => {};
    const closed = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const leave = (): void => {
      this.listening = this.listening.filter((one) => one.name !== name);
    };
    return {
      mostBytes,
      publish: (subject, data) => this.carry(name, subject, Uint8Array.from(data)),
      subscribe: (pattern, listener) => this.listening.push({ name, pattern, listener }),
      flush: async () => {},
      closed,
      close: async () => {
        leave();
        tell('the connection was closed');
      },
      cut: (why) => {
        leave();
        tell(why);
      },
    };
  }

  private carry(from: string, subject: string, data: Uint8Array): void {
    this.said++;
    this.saidBytes += data.length;
    for (const one of this.listening) {
      const { name, pattern, listener } = one;
      if (name === from || !isOf(subject, pattern)) continue;
      const millis = this.way(from, name);
      if (millis === undefined) continue;
      const pair = `${from} ${name}`;
      const at = Math.max(performance.now() + millis, this.latest.get(pair) ?? 0);
      this.latest.set(pair, at);
      setTimeout(() => this.listening.includes(one) && listener(subject, data), at - performance.now());
    }
  }
}
