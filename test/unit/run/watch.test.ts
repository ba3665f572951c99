import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessState } from '../../../src/run/usage/proc.js';
import { RoleWatch } from '../../../src/run/watch.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
let processes: Map<number, ProcessState>;
let said: string[];
beforeEach(() => {
  clock = VirtualClock.start();
  processes = new Map();
  said = [];
});
afterEach(() => clock.stop());

const runs = (pid: number, name: string, state: Partial<ProcessState> = {}): void => {
  processes.set(pid, { name, stopped: false, ended: false, ...state });
};
const familyOf = (pid: number): number[] =>
  [...processes.keys()].filter((one) => Math.floor(one / 10) === Math.floor(pid / 10));

function watch(parts: ConstructorParameters<typeof RoleWatch>[0]) {
  const watch = new RoleWatch(
    parts,
    (line) => said.push(line),
    (pid) => processes.get(pid),
    familyOf,
  );
  const failures: Error[] = [];
  watch.failed.catch((error) => failures.push(error));
  return { watch, failures };
}

describe('the processes of a cell', () => {
  it('are fine when nothing happens to them', async () => {
    runs(10, 'nsenter');
    runs(11, 'node');
    const { watch: one, failures } = watch([{ name: 'the broker', pid: 10 }]);
    await clock.pass(60_000);
    expect([one.end(), failures, said]).toEqual([[], [], []]);
  });

  it('that are stopped are named with how long, whoever stopped them', async () => {
    runs(10, 'nsenter');
    runs(11, 'node');
    runs(20, 'node');
    const { watch: one, failures } = watch([
      { name: 'the broker', pid: 10 },
      { name: 'the link emulator', pid: 20 },
    ]);
    await clock.pass(2_000);
    runs(11, 'node', { stopped: true });
    await clock.pass(1_000);
    expect(said).toEqual(['the broker is stopped (SIGSTOP)']);
    await clock.pass(5_000);
    runs(11, 'node');
    await clock.pass(2_000);
    expect(failures).toEqual([]);
    expect(one.end()).toMatchObject([
      {
        code: 'role-stopped',
        message: expect.stringMatching(/^the broker was stopped \(SIGSTOP\) for 6\.00 s, 2\.25 s after/),
      },
    ]);
  });

  it('that stay stopped fail the cell, and are still told', async () => {
    runs(10, 'node');
    const { watch: one, failures } = watch([{ name: 'the broker', pid: 10 }]);
    runs(10, 'node', { stopped: true });
    await clock.pass(9_000);
    expect(failures).toEqual([]);
    await clock.pass(2_000);
    expect(failures).toMatchObject([{ code: 'MQB_ROLE_STOPPED', message: expect.stringContaining('the broker') }]);
    expect(one.end()).toMatchObject([{ code: 'role-stopped' }]);
  });

  const nginx = { name: 'nginx', pid: 30, programs: { name: 'nginx', count: 2 } };

  it('that start one another fail the cell when one of them ends, also when another took its place', async () => {
    runs(30, 'nsenter');
    runs(31, 'nginx');
    const { watch: one, failures } = watch([nginx]);
    await clock.pass(500);
    runs(32, 'nginx'); // the worker comes a little later
    await clock.pass(5_000);
    expect(failures).toEqual([]);
    processes.delete(32);
    runs(33, 'nginx');
    await clock.pass(500);
    expect(failures).toMatchObject([{ code: 'MQB_ROLE_DIED', message: expect.stringContaining('nginx') }]);
    one.end();
  });

  it('count as ended when they only wait for their parent to take notice', async () => {
    runs(31, 'nginx');
    runs(32, 'nginx');
    const { watch: one, failures } = watch([{ ...nginx, pid: 31 }]);
    runs(32, 'nginx', { ended: true });
    await clock.pass(500);
    expect(failures).toHaveLength(1);
    one.end();
  });
});
