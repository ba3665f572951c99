import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../../../src/mqtt/codec/frame-reader.js';
import { encodeVariable } from '../../../../src/mqtt/codec/publish-template.js';
import { fc } from '../../../helpers/properties.js';

function collect(chunks: readonly Buffer[]): { header: number; body: string }[] {
  const frames: { header: number; body: string }[] = [];
  const reader = new FrameReader({
    onFrame: (header, buffer, start, body, end) => {
      expect(buffer[start]).toBe(header);
      frames.push({ header, body: buffer.toString('latin1', body, end) });
    },
  });
  for (const chunk of chunks) reader.feed(chunk);
  return frames;
}

describe('FrameReader', () => {
  it('finds the same packets however the stream is cut', () => {
    const packet = fc.record({
      header: fc.integer({ min: 0x10, max: 0xff }),
      body: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.integer({ min: 0, max: 40_000 }).map((n) => 'y'.repeat(n)),
      ),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 9_000 })), (packets, cuts) => {
        const expected = packets.map(({ header, body }) => ({ header, body: Buffer.from(body).toString('latin1') }));
        const stream = Buffer.concat(
          packets.map(({ header, body }) => {
            const bytes = Buffer.from(body);
            return Buffer.concat([Buffer.from([header, ...encodeVariable(bytes.length)]), bytes]);
          }),
        );
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          if (at >= stream.length) break;
          chunks.push(stream.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(stream.subarray(at));
        expect(collect(chunks)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('works byte by byte', () => {
    const stream = Buffer.from([0x40, 2, 0, 1, 0xd0, 0, 0x30, 0x80, 0x01, ...Buffer.alloc(128, 'z')]);
    const frames = collect([...stream].map((byte) => Buffer.from([byte])));
    expect(frames.map((frame) => [frame.header, frame.body.length])).toEqual([
      [0x40, 2],
      [0xd0, 0],
      [0x30, 128],
    ]);
  });

  it('refuses a remaining length of five bytes', () => {
    expect(() => collect([Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])])).toThrow(/not MQTT/);
  });
});
