import { readFileSync } from 'node:fs';
import process from 'node:process';

/** What this process has used of the machine since it started. */
export interface ProcessUse {
  readonly cpuUserMicros: number;
  readonly cpuSystemMicros: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  readonly contextSwitches: number;
}

/**
 * From getrusage(2); all threads of the process, so garbage collection counts too. A process started with
 * `--expose-gc` (benchmarks of memory) collects first, so that what it holds is counted and not what it left behind.
 */
export function processUse(): ProcessUse {
  globalThis.gc?.();
  const use = process.resourceUsage();
  return {
    cpuUserMicros: use.userCPUTime,
    cpuSystemMicros: use.systemCPUTime,
    rssBytes: residentBytes(),
    peakRssBytes: use.maxRSS * 1024,
    contextSwitches: use.voluntaryContextSwitches + use.involuntaryContextSwitches,
  };
}

/**
 * Resident memory now, from /proc/self/smaps_rollup where it exists: the counter behind
 * process.memoryUsage() lags by up to 64 pages per thread and processor.
 */
function residentBytes(): number {
  try {
    const kilobytes = /^Rss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // not Linux
  }
  return process.memoryUsage.rss();
}
