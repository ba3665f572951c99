import { readFileSync } from 'node:fs';
import process from 'node:process';

/** What this process has used of the machine since it started, as far as getrusage(2) knows. */
export interface ProcessorUse {
  readonly cpuUserMicros: number;
  readonly cpuSystemMicros: number;
  readonly peakRssBytes: number;
  readonly contextSwitches: number;
}

/** The same, and the memory it holds now. */
export interface ProcessUse extends ProcessorUse {
  readonly rssBytes: number;
}

/** One system call, for the edges of measure windows; all threads of the process, so garbage collection counts too. */
export function processorUse(): ProcessorUse {
  const use = process.resourceUsage();
  return {
    cpuUserMicros: use.userCPUTime,
    cpuSystemMicros: use.systemCPUTime,
    peakRssBytes: use.maxRSS * 1024,
    contextSwitches: use.voluntaryContextSwitches + use.involuntaryContextSwitches,
  };
}

/**
 * Walks the page tables too, milliseconds in a large process. A process started with `--expose-gc` (benchmarks of memory)
 * collects first, so that what it holds is counted and not what it left behind.
 */
export function processUse(): ProcessUse {
  globalThis.gc?.();
  return { ...processorUse(), rssBytes: residentBytes() };
}

/**
 * Resident memory now, from /proc/self/smaps_rollup where it exists: the counter behind
 * process.memoryUsage() lags by up to 64 pages per thread and processor. Never throws.
 */
function residentBytes(): number {
  try {
    const kilobytes = /^Rss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // not Linux, or no descriptor is left to read it with
  }
  try {
    return process.memoryUsage.rss();
  } catch {
    return process.resourceUsage().maxRSS * 1024; // the peak, which needs no descriptor: statistics end no process
  }
}
