import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cpuQuota, defaultWorkers, usableProcessors } from '../../../../src/base/process/processors.js';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

/** The files of a machine. */
function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

describe('the quota on processor time', () => {
  it('is none without one, and where nothing is told', () => {
    expect(cpuQuota(machine({}))).toBeUndefined();
    const root = machine({ 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/a/cpu.max': 'max 100000\n' });
    expect(cpuQuota(root)).toBeUndefined();
  });

  it('is that of the group, with how often it ran out (v2)', () => {
    const root = machine({
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': '20000 100000\n',
      'sys/fs/cgroup/cpu.stat': 'usage_usec 5\nnr_periods 168\nnr_throttled 102\nthrottled_usec 5100000\n',
    });
    expect(cpuQuota(root)).toEqual({ cores: 0.2, periods: 168, throttled: 102 });
  });

  it('is the tightest of all groups above', () => {
    const root = machine({
      'proc/self/cgroup': '0::/service/inner\n',
      'sys/fs/cgroup/service/inner/cpu.max': '400000 100000\n',
      'sys/fs/cgroup/service/cpu.max': '150000 100000\n',
    });
    expect(cpuQuota(root)?.cores).toBe(1.5);
  });

  it('is read of v1, whatever the mount is called and although a container sees no more than its own group', () => {
    const files = { 'proc/self/cgroup': '5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n' };
    const quota = (path: string, micros: string) => ({
      [`${path}/cpu.cfs_quota_us`]: micros,
      [`${path}/cpu.cfs_period_us`]: '50000',
      [`${path}/cpu.stat`]: 'nr_periods 9\nnr_throttled 3\nthrottled_time 1\n',
    });
    const own = machine({ ...files, ...quota('sys/fs/cgroup/cpu,cpuacct', '25000') });
    expect(cpuQuota(own)).toEqual({ cores: 0.5, periods: 9, throttled: 3 });
    const whole = machine({ ...files, ...quota('sys/fs/cgroup/cpu/docker/x', '75000') });
    expect(cpuQuota(whole)?.cores).toBe(1.5);
    expect(cpuQuota(machine({ ...files, ...quota('sys/fs/cgroup/cpu', '-1') }))).toBeUndefined();
  });

  it('says how many workers there are when nobody does', () => {
    expect(usableProcessors({ cores: 0.2, periods: 0, throttled: 0 })).toBe(0.2);
    expect([0.2, 1, 1.5, 2, 2.5, 8].map(defaultWorkers)).toEqual([1, 1, 1, 1, 2, 7]);
  });
});
