import { describe, expect, it } from 'vitest';
import { nobody, PacketIds } from '../../../src/gateway/packet-ids.js';

describe('packet ids of the connection to a broker', () => {
  it('stay as they are with one stream', () => {
    const ids = new PacketIds();
    expect([1, 2, 65_535].map((id) => ids.take(0, id))).toEqual([1, 2, 65_535]);
    expect(ids.ownerOf(2)).toEqual({ stream: 0, id: 2 });
    ids.release(2);
    expect(ids.ownerOf(2)).toBeUndefined();
    expect(ids.take(0, 2)).toBe(2);
  });

  it('differ where two streams use the same one, until the exchange is over', () => {
    const ids = new PacketIds();
    expect(ids.take(0, 7)).toBe(7);
    const other = ids.take(1, 7);
    expect(other).not.toBe(7);
    expect(ids.take(1, 7)).toBe(other); // sent again
    expect(ids.ownerOf(other)).toEqual({ stream: 1, id: 7 });
    expect(ids.current(1, 7)).toBe(other);
    ids.release(7);
    ids.release(other);
    expect(ids.current(1, 7)).toBeUndefined();
    expect(ids.take(1, 7)).toBe(7);
  });

  it('of a stream that is gone are nobody’s, and not given to others before they are answered', () => {
    const ids = new PacketIds();
    ids.take(1, 7);
    ids.forget(1);
    expect(ids.ownerOf(7)).toEqual({ stream: nobody, id: 7 });
    expect(ids.take(2, 7)).not.toBe(7);
    expect(ids.ownerOf(ids.takeOwn())?.stream).toBe(nobody);
  });
});
