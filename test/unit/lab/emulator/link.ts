import type { Impairment } from '../../../../src/lab/contract.js';
import { Lane } from '../../../../src/lab/emulator/lane.js';

/** What a lane did to one packet: `id` is its number in order of sending. */
export interface Delivery {
  readonly id: number;
  readonly sentAt: number;
  readonly at: number;
}

/** Sends packets at given times through a lane under a virtual clock and pops each exactly when it is due. */
export function drive(
  settings: Impairment,
  sends: readonly { readonly at: number; readonly length?: number }[],
  options: { readonly seed?: number; readonly slots?: number } = {},
): { readonly deliveries: Delivery[]; readonly lane: Lane } {
  const lane = new Lane(settings, options.seed ?? 1, options.slots ?? 4096, 2048);
  const deliveries: Delivery[] = [];
  const popUntil = (end: number): void => {
    for (let due = lane.nextDue(); due <= end; due = lane.nextDue()) {
      for (let slot = lane.pop(due); slot >= 0; slot = lane.pop(due)) {
        const { memory, arrived } = lane.popped;
        deliveries.push({ id: memory.readUInt32BE(slot * 2048 + 20), sentAt: arrived[slot]!, at: due });
        lane.left(slot, true);
      }
    }
  };
  sends.forEach(({ at, length = 100 }, id) => {
    popUntil(at);
    const slot = lane.slots.take();
    if (slot < 0) {
      lane.refused(length);
      return;
    }
    const start = slot * 2048;
    lane.slots.memory.fill(0, start, start + length);
    lane.slots.memory[start] = 0x45; // IPv4, header of 20 bytes
    lane.slots.memory.writeUInt32BE(id, start + 20);
    lane.came(slot, length, at);
    popUntil(at);
  });
  popUntil(Number.MAX_VALUE);
  return { deliveries, lane };
}

/** `count` packets, one every `intervalMicros`. */
export function steady(count: number, intervalMicros: number, length = 100): { at: number; length: number }[] {
  return Array.from({ length: count }, (_, i) => ({ at: i * intervalMicros, length }));
}
