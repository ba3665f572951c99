import { afterEach, beforeEach, expect, it } from 'vitest';
import { Ear, Speaker } from '../../../src/agents/channel/wire.js';
import { FakeWire } from '../../helpers/fake-channel.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

/** Everything that is said on "a.b" in parts of so many bytes, as it comes in, with what is wrong. */
function heardOf(mostBytes: number, lost: (part: number) => boolean = () => false) {
  const wire = new FakeWire();
  const ear = new Ear();
  const heard: unknown[] = [];
  let part = 0;
  wire.open('listener').subscribe('a.*', (subject, data) => {
    if (lost(part++)) return;
    try {
      const message = ear.hear(subject, data);
      if (message !== undefined) heard.push(message);
    } catch (error) {
      heard.push((error as Error).message);
    }
  });
  return { speaker: new Speaker(wire.open('speaker', mostBytes)), heard, wire };
}

it('a message of many parts arrives whole, in order with those before and after it', async () => {
  const { speaker, heard, wire } = heardOf(100);
  const large = { text: 'ä'.repeat(5_000), list: Array.from({ length: 500 }, (_, i) => i) };
  for (const message of [1, large, { a: null }]) speaker.say('a.b', message);
  await clock.pass(10);
  expect(heard).toEqual([1, large, { a: null }]);
  expect(wire.said).toBeGreaterThan(100);
});

it.each([
  ['a whole message', 1],
  ['the first part of one', 2],
  ['a part in the middle of one', 4],
])('%s that gets lost is noticed with the next that comes', async (_, lost) => {
  // 84 bytes of text in a part: messages of 1, 1, several parts, 1.
  const { speaker, heard } = heardOf(100, (part) => part === lost);
  for (const message of ['one', 'two', 'x'.repeat(400), 'four']) speaker.say('a.b', message);
  await clock.pass(10);
  expect(heard[0]).toBe('one');
  expect(heard).toContain('words on a.b got lost on their way');
  expect(heard).not.toContain('x'.repeat(399));
});

it('two speakers on one subject do not disturb each other', async () => {
  const { speaker, heard, wire } = heardOf(100);
  const other = new Speaker(wire.open('other', 100));
  for (let i = 0; i < 3; i++) {
    speaker.say('a.b', `${i}`.repeat(300));
    other.say('a.b', `${i}`.repeat(200));
  }
  await clock.pass(10);
  expect(heard).toHaveLength(6);
  expect(heard.every((text) => /^(0+|1+|2+)$/.test(String(text)))).toBe(true);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['no head', Buffer.from('hello')],
  ['a head of no parts', Buffer.alloc(20)],
  ['more parts than anybody sends', Buffer.concat([Buffer.alloc(12), Buffer.from([255, 255, 255, 255])])],
  ['no JSON', Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.from('{')])],
])('%s on the subject is not of mqbench', (_, data) => {
  expect(() => new Ear().hear('a.b', data)).toThrow('is not of mqbench');
});

it('speakers without number, and messages without end, take no memory without end', () => {
  const ear = new Ear();
  const part = (sender: number, sequence: number, number: number, parts: number, bytes: number): Uint8Array => {
    const data = Buffer.alloc(16 + bytes, 0x20);
    for (const [at, value] of [sender, sequence, number, parts].entries()) data.writeUInt32BE(value, at * 4);
    return data;
  };
  for (let sender = 0; sender < 1000; sender++) expect(ear.hear('a.b', part(sender, 0, 0, 2, 200_000))).toBeUndefined();
  // The first of them is forgotten: what it says next is the middle of something; the last is not.
  expect(() => ear.hear('a.b', part(0, 0, 1, 2, 1))).toThrow('got lost');
  expect(() => ear.hear('a.b', part(999, 0, 1, 2, 1))).toThrow('is not of mqbench'); // whole, and no JSON
  const endless = (): void => {
    for (let number = 0; number < 4096; number++) ear.hear('c.d', part(1, 0, number, 4096, 1024 * 1024));
  };
  expect(endless).toThrow('what came on c.d is not of mqbench');
});
