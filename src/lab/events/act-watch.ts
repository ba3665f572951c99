import { nowMicros } from '../../base/clock.js';
import type { Act } from '../contract.js';

/** Reads the clock when a script says that it is changing the network, and when it has (--ask of the network scripts). */
export class ActWatch {
  private readonly started = nowMicros();
  private began: number | undefined;
  private ended: number | undefined;

  readonly hear = (line: string): undefined => {
    if (line === 'changing') this.began ??= nowMicros();
    if (line === 'changed') this.ended = nowMicros();
  };

  /** The script has said so. */
  get saw(): boolean {
    return this.began !== undefined;
  }

  /** After the script has ended. Of a script that says nothing, all of its time. */
  get act(): Act {
    return { beganMicros: this.began ?? this.started, endedMicros: this.ended ?? nowMicros() };
  }
}
