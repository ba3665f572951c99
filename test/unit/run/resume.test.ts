import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/result/types.js';
import { apartDoubts } from '../../../src/run/resume.js';

/** A cell of 20 s that began so many minutes after noon. */
const cell = (arm: string, network: string, minutes: number, more: Partial<Cell> = {}): Cell =>
  ({
    id: `${arm}@${network}`,
    arm,
    network: { name: network },
    repeat: 1,
    status: 'finished',
    startedAt: new Date(Date.UTC(2026, 0, 1, 12, 0, minutes * 60)).toISOString(),
    durationMicros: 20e6,
    doubts: [],
    ...more,
  }) as unknown as Cell;

const doubted = (cells: readonly Cell[]): string[] =>
  cells.filter(({ doubts }) => doubts.some(({ code }) => code === 'resumed-apart')).map(({ id }) => id);

describe('arms of one comparison that ran apart', () => {
  it('are doubted, with how far apart they ran; other networks are not', () => {
    const cells = [
      cell('tcp', '1ms', 0),
      cell('tls', '1ms', 0.5),
      cell('tcp', '10ms', 1),
      cell('tls', '10ms', 180),
      cell('quic', '10ms', 180.5),
      cell('tcp', '30ms', 181),
      cell('tls', '30ms', 181.5),
    ];
    const told = apartDoubts(cells);
    expect(doubted(told)).toEqual(['tcp@10ms', 'tls@10ms', 'quic@10ms']);
    expect(told[2]?.doubts[0]?.message).toBe('at 10ms: after tcp, tls, quic ran 178 m 40 s later');
  });

  it('are told of a cell that failed and was run again when the others were done', () => {
    expect(doubted(apartDoubts([cell('tcp', '1ms', 0), cell('tls', '1ms', 9), cell('quic', '1ms', 0.5)]))).toHaveLength(
      3,
    );
  });

  it('are none in a run that went through, also when a long cell in between failed', () => {
    const failed = cell('tls', '1ms', 0.4, { status: 'failed', durationMicros: 120e6 });
    expect(doubted(apartDoubts([cell('tcp', '1ms', 0), failed, cell('quic', '1ms', 2.5)]))).toEqual([]);
  });

  it('are judged anew when the run is completed once more', () => {
    const once = apartDoubts([cell('tcp', '1ms', 0), cell('tls', '1ms', 60)]);
    const again = apartDoubts(once);
    expect(again.map(({ doubts }) => doubts.length)).toEqual([1, 1]);
    expect(doubted(apartDoubts([once[1]!, cell('tcp', '1ms', 61)]))).toEqual([]);
  });
});
