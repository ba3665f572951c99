import { describe, expect, test } from 'vitest';
import { emulatorDoubts } from '../../../../src/run/doubts/emulator.js';
import type { LinkPhase } from '../../../../src/run/usage/phases.js';
import { stretch } from './link-phases.js';

const phase = (
  p99: number,
  more: { unread?: number; realTime?: boolean; count?: number; delay?: number } = {},
): LinkPhase => ({
  name: 'bad',
  stretches: [stretch({ delayMicros: more.delay ?? 15_000 })],
  emulator: {
    lateness: { count: more.count ?? 5000, p50: 30, p99, max: 2 * p99 },
    unread: more.unread ?? 0,
    realTime: more.realTime ?? true,
  },
});

describe('an emulated link that was late', () => {
  test('is doubted in its window above 1 ms, or a twentieth of the round trip', () => {
    expect(emulatorDoubts([phase(900)])).toEqual([]);
    expect(emulatorDoubts([phase(1100)])).toMatchObject([{ code: 'emulator-late', window: 'bad' }]);
    expect(emulatorDoubts([phase(1100, { delay: 100_000 })])).toEqual([]);
    expect(emulatorDoubts([phase(5100, { delay: 100_000 })])).toHaveLength(1);
  });

  test('not by the largest of a few packets', () => {
    expect(emulatorDoubts([phase(50_000, { count: 30 })])).toEqual([]);
  });

  test('names the missing real-time priority', () => {
    expect(emulatorDoubts([phase(5000, { realTime: false })])[0]?.advice).toContain('without real-time priority');
    expect(emulatorDoubts([phase(5000)])[0]?.advice).not.toContain('priority');
  });

  test('did not read all that was sent', () => {
    const [doubt] = emulatorDoubts([phase(100, { unread: 1234 })]);
    expect(doubt).toMatchObject({ code: 'queue-overflow', window: 'bad' });
    expect(doubt?.message).toContain('dropped 1,234 packets');
  });
});
