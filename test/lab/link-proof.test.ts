import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryPath } from '../../src/base/process/child.js';
import { RoleHandle } from '../../src/base/process/role.js';
import type { OpenLab } from '../../src/lab/lab.js';
import { openLab } from '../../src/lab/lab.js';
import type { LinkReading } from '../../src/lab/reading.js';
import { emulatorDoubts } from '../../src/run/doubts/emulator.js';
import { impairmentDoubts } from '../../src/run/doubts/impairments.js';
import { type LinkPhase, PhaseMeter } from '../../src/run/usage/phases.js';
import { descendants } from '../../src/run/usage/proc.js';
import { whyNot } from './conditions.js';

const reason = await whyNot('tun');
if (reason !== undefined) process.stderr.write(`skipped: the emulator about itself: ${reason}\n`);

describe.skipIf(reason !== undefined)('the emulated link about itself', () => {
  const delay = { delayMicros: 15_000 };
  let lab: OpenLab;
  let emulator: number;

  beforeAll(async () => {
    lab = await openLab({ backend: 'tun', profile: { up: delay, down: delay }, seed: 4 });
    // Those before it only brought it into the lab's namespaces.
    emulator = descendants(lab.roles.emulator as number).at(-1) as number;
    await lab.calibrate({ packets: 50 }); // until the code is hot
  });
  afterAll(async () => void (await lab?.close()));

  /** The link in a part of a cell, as a run takes it. */
  async function phaseOf(act: () => Promise<unknown>): Promise<LinkPhase> {
    const meter = new PhaseMeter(async () => ({ roles: [], link: await lab.reading() }));
    await meter.begin('traffic');
    await act();
    await meter.begin(undefined);
    return meter.linkPhases[0]!;
  }

  test('is not late when nothing holds it up', async () => {
    const { emulator: itself } = await phaseOf(() => lab.calibrate({ packets: 400, intervalMicros: 1000 }));
    expect(itself?.lateness.count).toBe(800);
    // Another program may have the processor for a moment, not for half of the packets.
    expect(itself?.lateness.p50).toBeLessThan(1000);
    expect(itself?.unread).toBe(0);
  });

  test('shows 200 ms in which it was stopped, and doubts itself', async () => {
    const phase = await phaseOf(async () => {
      const echoes = lab.calibrate({ packets: 800, intervalMicros: 1000 });
      await sleep(300);
      kill(emulator, 'SIGSTOP');
      await sleep(200);
      kill(emulator, 'SIGCONT');
      await echoes;
    });
    expect(phase.emulator?.lateness.max).toBeGreaterThan(180_000);
    expect(phase.emulator?.lateness.p99).toBeGreaterThan(100_000);
    expect(emulatorDoubts([phase]).map(({ code }) => code)).toEqual(['emulator-late']);
  });

  test('shows it too where packets wait to be read and not to be written, for there is no delay', async () => {
    await lab.setProfile({ up: {}, down: {} });
    const phase = await phaseOf(async () => {
      kill(emulator, 'SIGSTOP');
      const echoes = lab.calibrate({ packets: 100, intervalMicros: 1000 });
      await sleep(200);
      kill(emulator, 'SIGCONT');
      await echoes;
    });
    await lab.setProfile({ up: delay, down: delay });
    expect(phase.emulator?.lateness.max).toBeGreaterThan(180_000);
    expect(emulatorDoubts([phase]).map(({ code }) => code)).toEqual(['emulator-late']);
  });

  test('counts what the kernel dropped before it was read', async () => {
    const flood = RoleHandle.start(
      'flood',
      entryPath(import.meta.url, '../../src/lab/measure/precise-entry.js'),
      (...args) => lab.spawn('client', ...args),
    );
    const phase = await phaseOf(async () => {
      kill(emulator, 'SIGSTOP');
      // Twice what the device's queue holds.
      await flood.call('numbered', {
        host: lab.serverAddress,
        bytes: 64,
        packets: 20_000,
        intervalMicros: 0,
        quietMillis: 50,
      });
      kill(emulator, 'SIGCONT');
      await sleep(200);
    });
    await flood.end();
    expect(phase.emulator?.unread).toBeGreaterThan(0);
    expect(emulatorDoubts([phase]).map(({ code }) => code)).toContain('queue-overflow');
  });

  test('bills its processor time', async () => {
    const before = (await lab.reading()).emulator!.use;
    await lab.calibrate({ packets: 200, intervalMicros: 500 });
    const after = (await lab.reading()).emulator!.use;
    expect(after.cpuUserMicros + after.cpuSystemMicros).toBeGreaterThan(before.cpuUserMicros + before.cpuSystemMicros);
  });

  test('splits what it did to packets exactly where what is asked of it changes', async () => {
    const lossy = { ...delay, loss: 0.25 };
    const calm = (packets: number) => lab.calibrate({ packets, intervalMicros: 500 });
    await lab.reading();
    await calm(100);
    await lab.setProfile({ up: lossy, down: delay });
    const measured = await calm(400);
    await lab.event({ kind: 'heal' });
    await calm(50);
    const { stretches }: LinkReading = await lab.reading();
    expect(stretches.map(({ profile }) => profile.up.loss ?? 0)).toEqual([0, 0.25, 0]);
    expect(stretches.map(({ up }) => up.loss)).toEqual([
      { tried: 100, hit: 0 },
      { tried: 400, hit: measured.lost },
      { tried: 50, hit: 0 },
    ]);
    expect(impairmentDoubts([{ name: 'bad', stretches }], 'tun')).toEqual([]);
  });
});
