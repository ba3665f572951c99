import { Duplex } from 'node:stream';
import { generate, writeToStream } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../../src/broker/delivery/outbox.js';

/** Keeps what it is given, write by write; takes no more when told so. */
class Wire extends Duplex {
  readonly writes: Buffer[] = [];
  readonly outbox: Outbox;
  private blocked: (() => void) | undefined;
  constructor(
    private readonly stuck = false,
    patient = true,
  ) {
    super({ writableHighWaterMark: 1000 });
    this.outbox = Outbox.attach(this, patient);
  }
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk);
    if (this.stuck) this.blocked = done;
    else done();
  }
  accept(): void {
    this.blocked?.();
  }
  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const publish = (payload: Buffer | string) =>
  ({ cmd: 'publish', topic: 'a/ä', payload, qos: 1, messageId: 7, dup: false, retain: false }) as const;
const puback = { cmd: 'puback', messageId: 9 } as const;

describe('outbox of the broker', () => {
  it('collects acknowledgements while another connection is written to, and for a message of its own in order', () => {
    const [publisher, other] = [new Wire(), new Wire()];
    const acknowledge = (): void => publisher.outbox.acknowledge(Buffer.from([0, 9]), 0);
    publisher.outbox.collect();
    acknowledge();
    writeToStream(publish('x'), other);
    other.outbox.flush();
    acknowledge();
    publisher.outbox.leave();
    expect(other.writes).toEqual([generate(publish('x'))]);
    expect(publisher.bytes).toEqual(Buffer.concat([generate(puback), generate(puback)]));
    publisher.outbox.collect();
    acknowledge();
    writeToStream(publish('y'), publisher);
    acknowledge();
    publisher.outbox.leave();
    expect(publisher.writes.at(-1)).toEqual(
      Buffer.concat([generate(puback), generate(publish('y')), generate(puback)]),
    );
  });

  it('joins an acknowledgement and the message delivered two turns later in one write', async () => {
    const wire = new Wire();
    writeToStream(puback, wire);
    setImmediate(() => setImmediate(() => writeToStream(publish('x'), wire))); // as aedes does
    await turn();
    expect(wire.writes).toEqual([]);
    await turn();
    await turn();
    expect(wire.writes).toEqual([Buffer.concat([generate(puback), generate(publish('x'))])]);
  });

  it('joins all deliveries of a turn, and lets an answer to CONNECT or PINGREQ leave at once', async () => {
    const wire = new Wire();
    for (let i = 0; i < 3; i++) writeToStream(publish(`${i}`), wire);
    await turn();
    await turn();
    expect(wire.writes).toHaveLength(1);
    writeToStream({ cmd: 'pingresp' }, wire);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(wire.writes).toHaveLength(2);
  });

  it('lets nothing wait on a stream that joins its writes itself', async () => {
    const wire = new Wire(false, false);
    for (const packet of [puback, publish('x')]) {
      writeToStream(packet, wire);
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    expect(wire.writes).toEqual([generate(puback), generate(publish('x'))]);
  });

  it('keeps the order of what is written in several sizes, and loses nothing', async () => {
    const wire = new Wire();
    const packets = [0, 10, 300, 20_000, 5, 70_000, 1].map((size) => publish(Buffer.alloc(size, size % 251)));
    for (const packet of packets) writeToStream(packet, wire);
    await turn();
    await turn();
    expect(wire.bytes.equals(Buffer.concat(packets.map((packet) => generate(packet))))).toBe(true);
  });

  it.each(['end', 'destroy'] as const)('hands over what waits before %s()', async (how) => {
    const wire = new Wire();
    writeToStream(puback, wire);
    wire[how]();
    await turn();
    expect(wire.bytes).toEqual(generate(puback));
    writeToStream(puback, wire); // too late: nobody is there, and nothing is thrown
    await turn();
    await turn();
    await turn();
    expect(wire.bytes).toEqual(generate(puback));
  });

  it('says no when the stream is full, and drain when it is not any more', async () => {
    const wire = new Wire(true);
    expect(writeToStream(publish(Buffer.alloc(5000)), wire)).toBe(true); // not known yet
    await turn();
    await turn();
    expect(writeToStream(publish('x'), wire)).toBe(false);
    const drained = new Promise<void>((resolve) => wire.once('drain', resolve));
    wire.accept();
    await turn();
    await turn();
    wire.accept();
    await drained;
  });
});
