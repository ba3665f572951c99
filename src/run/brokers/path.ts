import { connect } from 'node:net';
import { nowMicros } from '../../base/clock.js';
import { codeOf } from '../../base/errors.js';
import { rankOf } from '../../metrics/histogram.js';

/** How long the way to a broker elsewhere is: round trips of TCP handshakes from this host, beside the lab, microseconds. */
export interface PathReading {
  /** Median of those before the cell; undefined: nothing answered. */
  readonly beforeMicros: number | undefined;
  /** Of the handshakes during the cell, in the order in which they began. */
  readonly duringMicros: readonly number[];
  /** Further handshakes during the cell, which nobody answered in time ({@link patienceMicros}) or that failed. */
  readonly unanswered: number;
}

const before = 5;
const everyMillis = 500;
/** Who has not answered by then is not answered for. */
const patienceMillis = 2000;
export const patienceMicros = patienceMillis * 1000;

/**
 * Keeps measuring it until it is ended. The handshake is the kernel's on both sides, so neither MQTT nor the broker's work is in it; a
 * port that refuses (the UDP port of QUIC) answers as fast. What this process adds is in it: fractions of a millisecond, and more
 * where the machine is busy.
 */
export class PathWatch {
  private readonly during: number[] = [];
  private unanswered = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly address: { readonly host: string; readonly port: number },
    private readonly beforeMicros: number | undefined,
  ) {
    this.timer = setInterval(() => void this.look(), everyMillis).unref();
  }

  static async open(address: { readonly host: string; readonly port: number }): Promise<PathWatch> {
    const found: number[] = [];
    for (let done = 0; done < before; done++) {
      const micros = await handshake(address);
      if (micros === undefined) break; // and no other is waited for
      found.push(micros);
    }
    return new PathWatch(address, quantile(found, 0.5));
  }

  reading(): PathReading {
    return { beforeMicros: this.beforeMicros, duringMicros: [...this.during], unanswered: this.unanswered };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const micros = await handshake(this.address);
    if (micros === undefined) this.unanswered++;
    else this.during.push(micros);
  }
}

/** The smallest value that so large a share of all is not above; undefined of none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[rankOf(share * 100, sorted.length) - 1];
}

function handshake({ host, port }: { readonly host: string; readonly port: number }): Promise<number | undefined> {
  return new Promise((resolve) => {
    const began = nowMicros();
    const socket = connect({ host, port });
    const end = (micros?: number): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(micros);
    };
    const timer = setTimeout(end, patienceMillis);
    socket.once('connect', () => end(nowMicros() - began));
    socket.once('error', (error) => end(codeOf(error) === 'ECONNREFUSED' ? nowMicros() - began : undefined));
  });
}
