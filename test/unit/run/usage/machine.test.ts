import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { MachineUse, PhaseUse } from '../../../../src/result/types.js';
import {
  coresOfOthers,
  machineBetween,
  machineOfRun,
  parseStat,
  readMachine,
} from '../../../../src/run/usage/machine.js';
import { PhaseMeter } from '../../../../src/run/usage/phases.js';
import { Family } from '../../../../src/run/usage/proc.js';

const stat = (line: string): string => `cpu  ${line}\ncpu0 ${line}\ncpu1 ${line}\nintr 1 2 3\nctxt 5\n`;

const phase = (machine: MachineUse): PhaseUse => ({ name: 'traffic', durationMicros: 10e6, resources: [], machine });

describe('what the processors of the machine did', () => {
  it('is read with softirqs, stolen time and waiting for storage, which os.cpus() leaves out', () => {
    // user nice system idle iowait irq softirq steal guest guest_nice; guests are within user
    expect(parseStat(stat('100 10 50 500 20 1 30 40 60 6'))).toEqual({
      cores: 2,
      busyMicros: 1_910_000,
      interruptMicros: 310_000,
      ioWaitMicros: 200_000,
      stolenMicros: 400_000,
      totalMicros: 7_510_000,
    });
  });

  it('is billed by phase; a processor that was stolen is one that the machine did not have', async () => {
    const lines = ['100 0 0 1000 0 0 0 0 0 0', '600 0 0 1020 0 0 80 400 0 0'];
    const machines = lines.map((line, i) => ({ machine: parseStat(stat(line)), ownMicros: i * 2e6 }));
    let reading = 0;
    const meter = new PhaseMeter(async () => ({ roles: [], machine: machines[reading++] }));
    await meter.begin('traffic');
    await meter.begin(undefined);
    const [traffic] = meter.phases;
    expect(traffic?.machine).toEqual({
      cores: 2,
      busyMicros: 5.8e6,
      interruptMicros: 0.8e6,
      ioWaitMicros: 0,
      stolenMicros: 4e6,
      totalMicros: 10e6,
      ownMicros: 2e6,
    });
    expect(traffic?.machineShare).toBeCloseTo(5.8 / 6, 6);
  });

  it('is nothing in a phase shorter than a tick of the kernel’s clock, and not unknown: costs add it up', async () => {
    const meter = new PhaseMeter(async () => ({
      roles: [],
      machine: { machine: parseStat(stat('100 0 0 1000 0 0 0 0 0 0')), ownMicros: 0 },
    }));
    await meter.begin('drain');
    await meter.begin(undefined);
    const [drain] = meter.phases as [PhaseUse];
    expect(drain.machine).toMatchObject({ busyMicros: 0, totalMicros: 0 });
    expect(drain.machineShare).toBeUndefined();
    expect(machineOfRun(drain)).toBe(0);
    expect(coresOfOthers(drain)).toBeUndefined();
  });

  it('is not less than nothing when a counter of the kernel steps back', () => {
    const at = (line: string) => ({ machine: parseStat(stat(line)), ownMicros: 0 });
    const use = machineBetween(at('100 0 0 1000 9 0 0 0 0 0'), at('101 0 0 1010 7 0 0 0 0 0'));
    expect(use).toMatchObject({ ioWaitMicros: 0, busyMicros: 10_000 });
  });

  it('tells what other programs used: without the run’s own and without interrupts', () => {
    const use = { cores: 2, ioWaitMicros: 0, stolenMicros: 0, totalMicros: 20e6 };
    expect(coresOfOthers(phase({ ...use, busyMicros: 20e6, interruptMicros: 1e6, ownMicros: 1.9e6 }))).toBeCloseTo(
      1.71,
    );
    expect(coresOfOthers(phase({ ...use, busyMicros: 2e6, interruptMicros: 0, ownMicros: 2.1e6 }))).toBe(0);
    expect(coresOfOthers({ name: 'old', durationMicros: 1, resources: [] })).toBeUndefined();
  });

  it('of the run is its processes and the interrupts, without other programs, and never more than was busy', () => {
    const use = { cores: 2, ioWaitMicros: 0, stolenMicros: 0, totalMicros: 20e6 };
    expect(machineOfRun(phase({ ...use, busyMicros: 9e6, interruptMicros: 1e6, ownMicros: 2e6 }))).toBe(3e6);
    expect(machineOfRun(phase({ ...use, busyMicros: 2e6, interruptMicros: 1e6, ownMicros: 1.5e6 }))).toBe(2e6);
    expect(machineOfRun({ name: 'old', durationMicros: 1, resources: [] })).toBeNaN();
  });

  it('comes to the time on the clock times the processors', () => {
    const { cores, totalMicros, busyMicros } = readMachine();
    expect(cores).toBe(Number(execFileSync('getconf', ['_NPROCESSORS_ONLN'], { encoding: 'utf8' })));
    expect(busyMicros).toBeGreaterThan(0);
    expect(busyMicros).toBeLessThan(totalMicros);
  });
});

describe('the processor time of a process and all that it started', () => {
  it('holds that of a grandchild while it lives and after it has ended', async () => {
    // burns processor time of its own, however little of it the machine has left, says so and waits
    const burn = `while (process.cpuUsage().user < 3e5); console.log('burnt'); process.stdin.resume()`;
    const shell = spawn('sh', ['-c', `"${process.execPath}" -e "${burn}"; echo ended; exec sleep 60`], {
      stdio: 'pipe',
    });
    const family = new Family(shell.pid!);
    await once(shell.stdout, 'data');
    const alive = family.cpuMicros();
    expect(alive).toBeGreaterThan(250_000);
    shell.stdin.end();
    await once(shell.stdout, 'data');
    expect(family.cpuMicros()).toBeGreaterThanOrEqual(alive);
    shell.kill();
    await once(shell, 'exit');
    expect(family.cpuMicros()).toBe(0); // nobody is left
  });
});
