import type { LoadProgress } from '../load/contract.js';
import type { Cell } from '../result/types.js';

/** What a cell is doing, in the order in which it does it. */
export type Phase = 'network' | 'broker' | 'connect' | 'traffic' | 'drain' | 'collect';

/** A running experiment as its watcher sees it; sent at each change of phase and about twice a second. */
export interface RunProgress {
  readonly cellId: string;
  /** From 1. */
  readonly cellNumber: number;
  readonly cellCount: number;
  readonly phase: Phase;
  readonly clients: number;
  readonly load?: LoadProgress;
  /** Estimate for everything that is left, this cell included; absent: nobody knows. */
  readonly remainingMicros?: number;
}

/** Who watches a run; nothing it does may hold the run up. */
export interface RunWatcher {
  progress?(progress: RunProgress): void;
  cellFinished?(cell: Cell): void;
  /** A line worth keeping, e.g. a disposal that failed. */
  note?(line: string): void;
}
