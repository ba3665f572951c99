import { beforeEach, describe, expect, it, vi } from 'vitest';
import { processUse } from '../../../src/metrics/resources.js';

const files = vi.hoisted(() => ({ refuses: false }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    readFileSync: (...args: Parameters<typeof fs.readFileSync>) => {
      if (files.refuses) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
      return fs.readFileSync(...args);
    },
  };
});

beforeEach(() => {
  files.refuses = false;
  vi.restoreAllMocks();
});

describe('what a process uses', () => {
  it('is told from the kernel', () => {
    expect(processUse().rssBytes).toBeGreaterThan(1e7);
  });

  it('is told at the limit of file descriptors too, where nothing can be opened', () => {
    files.refuses = true;
    vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
      throw Object.assign(new Error('EMFILE: too many open files, uv_resident_set_memory'), { code: 'EMFILE' });
    });
    const use = processUse();
    expect(use.rssBytes).toBe(use.peakRssBytes);
    expect(use.rssBytes).toBeGreaterThan(1e7);
  });
});
