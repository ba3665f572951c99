import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Direction } from '../contract.js';
import type { DropReason } from './elements/element.js';
import type { Tap } from './lane.js';
import type { Slots } from './slots.js';

// pcapng after draft-ietf-opsawg-pcapng: section header, one interface, enhanced packet blocks, with a comment where there
// is something to say. One interface only: libpcap refuses files in which a second one is of type LINKTYPE_RAW.

const sectionHeader = 0x0a0d0d0a;
const interfaceDescription = 1;
const enhancedPacket = 6;
const byteOrderMagic = 0x1a2b3c4d;
/** Raw IP, version 4 or 6 (LINKTYPE_RAW). */
const linkTypeRaw = 101;
const optionComment = 1;
const optionName = 2; // of an interface
const optionFlags = 2; // of a packet: where it goes
const flags = { in: 1, out: 2 } as const;
/** Ends a list of options. */
const end = Buffer.alloc(4);

const bufferBytes = 1 << 20;

/** Writes packets of one end of the link; buffered, and never blocks the pump for more than a write to a file. */
class CaptureFile {
  private readonly fd: number;
  private readonly buffer = Buffer.allocUnsafeSlow(bufferBytes);
  private used = 0;
  private readonly comments = new Map<string, Buffer>();

  /**
   * @param wallOffsetMicros what to add to the monotonic clock to get microseconds since 1970
   * @throws the file system's error when the file cannot be made
   */
  constructor(
    path: string,
    interfaceName: string,
    private readonly wallOffsetMicros: number,
  ) {
    this.fd = openSync(path, 'w');
    const section = Buffer.alloc(16);
    section.writeUInt32LE(byteOrderMagic, 0);
    section.writeUInt16LE(1, 4); // version 1.0
    section.fill(0xff, 8); // length of the section: not given
    this.block(sectionHeader, section);
    const description = Buffer.alloc(8);
    description.writeUInt16LE(linkTypeRaw, 0);
    const name = option(optionName, Buffer.from(interfaceName));
    this.block(interfaceDescription, Buffer.concat([description, name, end]));
  }

  /** @param comment why it was dropped; undefined when it passed */
  packet(slots: Slots, slot: number, at: number, direction: 'in' | 'out', comment?: string): void {
    const length = slots.length[slot]!;
    const padded = (length + 3) & ~3;
    const options = this.options(direction, comment);
    const total = 32 + padded + options.length;
    if (this.used + total > bufferBytes) this.flush();
    const { buffer } = this;
    const start = this.used;
    const micros = at + this.wallOffsetMicros;
    const [high, low] = [Math.floor(micros / 0x1_0000_0000), Math.floor(micros % 0x1_0000_0000)];
    const header = [enhancedPacket, total, 0, high, low, length, length];
    for (let i = 0; i < header.length; i++) buffer.writeUInt32LE(header[i]!, start + 4 * i);
    const from = slot * slots.size;
    slots.memory.copy(buffer, start + 28, from, from + length);
    buffer.fill(0, start + 28 + length, start + 28 + padded);
    options.copy(buffer, start + 28 + padded);
    buffer.writeUInt32LE(total, start + total - 4);
    this.used += total;
  }

  private options(direction: 'in' | 'out', comment: string | undefined): Buffer {
    const key = `${direction} ${comment ?? ''}`;
    let options = this.comments.get(key);
    if (!options) {
      const said = comment === undefined ? [] : [option(optionComment, Buffer.from(comment))];
      options = Buffer.concat([...said, option(optionFlags, Buffer.from([flags[direction], 0, 0, 0])), end]);
      this.comments.set(key, options);
    }
    return options;
  }

  private block(type: number, body: Buffer): void {
    const total = body.length + 12;
    const block = Buffer.alloc(total);
    block.writeUInt32LE(type, 0);
    block.writeUInt32LE(total, 4);
    body.copy(block, 8);
    block.writeUInt32LE(total, total - 4);
    block.copy(this.buffer, this.used);
    this.used += total;
  }

  flush(): void {
    let at = 0;
    while (at < this.used) at += writeSync(this.fd, this.buffer, at, this.used - at);
    this.used = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }
}

function option(code: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + ((value.length + 3) & ~3));
  padded.writeUInt16LE(code, 0);
  padded.writeUInt16LE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

const reasons: Readonly<Record<DropReason, string>> = {
  loss: 'lost',
  blackout: 'lost in a blackout',
  'queue-full': 'queue full (packets)',
  'queue-time': 'queue full (time)',
};

/**
 * Captures a link into a folder: `client.pcapng` and `nat.pcapng` with every packet at its two ends, and
 * `dropped.pcapng` with those that did not get through, each with its reason as a comment.
 */
export class LinkCapture {
  private readonly files: Readonly<Record<'client' | 'nat' | 'dropped', CaptureFile>>;

  constructor(folder: string, wallOffsetMicros: number) {
    mkdirSync(folder, { recursive: true });
    const file = (name: string) => new CaptureFile(join(folder, `${name}.pcapng`), name, wallOffsetMicros);
    this.files = { client: file('client'), nat: file('nat'), dropped: file('dropped') };
  }

  /** What a lane of this direction shows its packets to. */
  tap(direction: Direction): Tap {
    const { client, nat, dropped } = this.files;
    const [from, to] = direction === 'up' ? [client, nat] : [nat, client];
    return {
      came: (slots, slot, at) => from.packet(slots, slot, at, 'out'),
      left: (slots, slot, at) => to.packet(slots, slot, at, 'in'),
      dropped: (slots, slot, at, reason) =>
        dropped.packet(slots, slot, at, 'out', `dropped on the way ${direction}: ${reasons[reason]}`),
    };
  }

  flush(): void {
    for (const file of Object.values(this.files)) file.flush();
  }

  close(): void {
    for (const file of Object.values(this.files)) file.close();
  }
}
