import { describe, expect, it } from 'vitest';
import { Presence } from '../../../../src/load/tally/presence.js';

const step = 200_000;

describe('presence of clients', () => {
  it('shows a gap that lies between two looks: all are cut and all are back within one step', () => {
    const presence = new Presence(0, step);
    for (let i = 0; i < 50; i++) presence.up(10 + i);
    for (let i = 0; i < 50; i++) presence.down(step + 20_000 + i);
    for (let i = 0; i < 50; i++) presence.up(step + 150_000 + i);
    expect(presence.take(0)).toEqual({ least: 0, cut: 0 });
    expect(presence.take(1)).toEqual({ least: 0, cut: 50 });
    expect(presence.take(2)).toEqual({ least: 50, cut: 0 });
  });

  it('puts a cut into the step in which it happened, also when that step is asked for late', () => {
    const presence = new Presence(1_000, step);
    presence.up(1_000);
    presence.down(1_000 + step);
    expect(presence.take(0)).toEqual({ least: 0, cut: 0 });
    expect(presence.take(1)).toEqual({ least: 0, cut: 1 });
  });

  it('counts on when a step was asked for before its end', () => {
    const presence = new Presence(0, step);
    presence.up(1);
    presence.up(2);
    presence.take(0);
    presence.down(3);
    expect(presence.take(0)).toEqual({ least: 1, cut: 1 });
    expect(presence.take(1)).toEqual({ least: 1, cut: 0 });
  });
});
