import { describe, expect, it } from 'vitest';
import { clockIdentity } from '../../../../src/base/clock-identity.js';
import { readStamp, type Stamp, stampBytes, writeStampHead, writeStampTail } from '../../../../src/mqtt/stamp/stamp.js';
import { fc } from '../../../helpers/properties.js';

const empty = (): Stamp => ({ run: 0, publisher: 0, slot: 0, sequence: 0, dueMicros: 0 });

describe('payload stamp', () => {
  it('gives back what was written, over the whole range of every field', () => {
    fc.assert(
      fc.property(
        fc.record({
          run: fc.integer({ min: 0, max: 0xffff }),
          publisher: fc.integer({ min: 0, max: 0xffff_ffff }),
          slot: fc.integer({ min: 0, max: 0xffff }),
          sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
          dueMicros: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        }),
        fc.integer({ min: 0, max: 40 }),
        (stamp, at) => {
          const bytes = Buffer.alloc(at + stampBytes + 3, 0xff);
          writeStampHead(bytes, at, stamp.run, stamp.publisher, stamp.slot);
          writeStampTail(bytes, at, stamp.sequence, stamp.dueMicros);
          const out = empty();
          expect(readStamp(bytes, at, bytes.length, stamp.run, out)).toBe(true);
          expect(out).toEqual(stamp);
        },
      ),
    );
  });

  it('keeps whole microseconds and rounds the fraction of a due time down', () => {
    const bytes = Buffer.alloc(stampBytes);
    writeStampHead(bytes, 0, 1, 2, 3);
    writeStampTail(bytes, 0, 4, 123_456_789_012.75);
    const out = empty();
    readStamp(bytes, 0, stampBytes, 1, out);
    expect(out.dueMicros).toBe(123_456_789_012);
  });

  it('says whose clock its due time is of: that of another boot is not of the last hour here', () => {
    const here = 5e12; // nearly two months of uptime
    const hour = 3_600e6;
    const bytes = Buffer.alloc(stampBytes);
    writeStampHead(bytes, 0, 1, 2, 3);
    const misread = (clock: number): boolean => {
      writeStampTail(bytes, 0, 4, here - 5000, clock);
      const out = empty();
      expect(readStamp(bytes, 0, stampBytes, 1, out)).toBe(true);
      expect(out).toMatchObject({ run: 1, publisher: 2, slot: 3, sequence: 4 });
      return out.dueMicros <= here && out.dueMicros > here - hour;
    };
    const own = clockIdentity();
    expect(misread(own)).toBe(true);
    // Whoever is not within an hour of the own identity is told apart, wherever that lies in the range.
    for (const away of [hour, 2 ** 32, 2 ** 47, 2 ** 48 - hour]) expect(misread((own + away) % 2 ** 48)).toBe(false);
  });

  it('of the earlier form is read without its time, which nobody can place', () => {
    const bytes = Buffer.alloc(stampBytes);
    writeStampHead(bytes, 0, 1, 2, 3);
    writeStampTail(bytes, 0, 4, 5);
    bytes[1] = 0x4d;
    const out = empty();
    expect(readStamp(bytes, 0, stampBytes, 1, out)).toBe(true);
    expect(out).toEqual({ run: 1, publisher: 2, slot: 3, sequence: 4, dueMicros: Number.NaN });
  });

  it('does not take a message of another run, a short one or garbage for its own', () => {
    const bytes = Buffer.alloc(stampBytes);
    writeStampHead(bytes, 0, 7, 1, 1);
    writeStampTail(bytes, 0, 1, 1);
    expect(readStamp(bytes, 0, stampBytes, 8, empty())).toBe(false);
    expect(readStamp(bytes, 0, stampBytes - 1, 7, empty())).toBe(false);
    expect(readStamp(Buffer.alloc(64, 'x'), 0, 64, 7, empty())).toBe(false);
  });
});
