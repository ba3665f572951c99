import type { LabBackend, LinkCounters } from '../../lab/contract.js';
import type { Doubt } from '../../result/types.js';
import type { LinkPhase } from '../usage/phases.js';
import { emulatorDoubts } from './emulator.js';
import { impairmentDoubts } from './impairments.js';
import { linkDoubts } from './link.js';
import { overratedRttDoubts } from './quic.js';

/** Everything to be said of the access link of a cell: whether it was the one asked for, and in time. */
export function networkDoubts(
  backend: LabBackend,
  arm: Parameters<typeof overratedRttDoubts>[0],
  phases: readonly LinkPhase[],
  counters: LinkCounters,
): Doubt[] {
  return [
    ...linkDoubts(phases, counters),
    ...impairmentDoubts(phases, backend),
    ...emulatorDoubts(phases),
    ...overratedRttDoubts(arm, counters),
  ];
}
