import type { HandshakeKind } from '../../contract.js';
import type { Quiche } from '../native.js';

/** Where 0-RTT stands: never tried, sent or received but not yet certain, and how it ended. */
export type EarlyData = 'none' | 'pending' | 'accepted' | 'rejected';

/** How far the handshake of one connection is, and what became of its early data. */
export class Opening {
  earlyData: EarlyData = 'none';
  isConfirmed = false;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly quiche: Quiche) {}

  get kind(): HandshakeKind {
    if (this.earlyData === 'accepted') return 'early-data';
    return this.quiche.isResumed() ? 'resumed' : 'full';
  }

  /** Calls back once the handshake is confirmed, now if it is. Not called when it fails. */
  onConfirmed(callback: () => void): void {
    if (this.isConfirmed) callback();
    else this.waiting.push(callback);
  }

  /** @returns what has just been reached: the end of the handshake, or that early data may be exchanged */
  advance(): 'confirmed' | 'early-data' | undefined {
    const { quiche } = this;
    if (quiche.isEstablished()) {
      this.isConfirmed = true;
      if (this.earlyData === 'pending') this.earlyData = quiche.isResumed() ? 'accepted' : 'rejected';
      return 'confirmed';
    }
    if (this.earlyData !== 'none' || !quiche.isInEarlyData()) return undefined;
    this.earlyData = 'pending';
    return 'early-data';
  }

  /** Tells whoever waits for the end of the handshake. */
  tell(): void {
    for (const callback of this.waiting.splice(0)) callback();
  }
}
