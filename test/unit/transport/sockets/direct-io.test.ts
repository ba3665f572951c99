import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { readyList } from '../../../../src/transport/kernel/ready-list.js';
import { DirectIo } from '../../../../src/transport/sockets/direct-io.js';
import type { Take } from '../../../../src/transport/sockets/node-reads.js';

const execFileAsync = promisify(execFile);
const made: { destroy(): unknown }[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.destroy();
});

/** Two ends of a connection over loopback. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
  server.close();
  made.push(near, far as Socket);
  return [near, far as Socket];
}

const open = (socket: Socket, take: Take): DirectIo => DirectIo.open(socket, take) as DirectIo;
const all: Take = (bytes) => bytes.length;
const nothing: Take = () => 0;

/** Bytes that tell where they are. */
const numbered = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

describe.skipIf(readyList() === null)('a socket that is read and written past its stream', () => {
  it('offers what comes, and leaves to the stream what is not taken, in order', async () => {
    const [near, far] = await pair();
    const offered: string[] = [];
    const left: string[] = [];
    open(near, (bytes) => {
      offered.push(bytes.toString());
      return near.readableLength > 0 ? 0 : 2;
    });
    far.write('abcd');
    await expect.poll(() => offered).toEqual(['abcd']);
    far.write('ef');
    await expect.poll(() => offered).toEqual(['abcd', 'ef']);
    near.on('data', (bytes) => left.push(bytes.toString()));
    await expect.poll(() => left.join('')).toBe('cdef');
  });

  it('tells of the end, and writes on until its own', async () => {
    const [near, far] = await pair();
    const io = open(near, all);
    near.resume();
    far.end('x');
    await once(near, 'end');
    far.resume();
    expect(io.write(Buffer.from('yes'), 3)).toBe(true);
    near.end();
    await Promise.all([once(near, 'close'), once(far, 'end')]);
    expect([io.bytesRead + near.bytesRead, io.bytesWritten, far.bytesRead]).toEqual([1, 3, 3]);
  });

  it.each(['read', 'written'])('tells of a reset as Node does: %s', async (how) => {
    const errors: unknown[] = [];
    for (const isDirect of [true, false]) {
      const [near, far] = await pair();
      const io = isDirect ? open(near, all) : undefined;
      if (how === 'read') near.resume();
      else near.pause();
      const failed = once(near, 'error');
      far.resetAndDestroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (how === 'written' && io?.write(Buffer.from('x'), 1) !== true) near.write('x');
      errors.push({ ...((await failed)[0] as Error), text: String((await failed)[0]) });
      expect(near.destroyed).toBe(true);
    }
    expect(errors[0]).toEqual(errors[1]);
  });

  it('brings nothing while it is paused, and all of it then', async () => {
    const [near, far] = await pair();
    let came = 0;
    const io = open(near, nothing);
    near.on('data', (bytes) => {
      came += bytes.length;
    });
    near.pause();
    const bytes = 8_000_000;
    far.write(Buffer.alloc(bytes));
    await expect.poll(() => far.writableLength).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(came).toBe(0);
    expect(io.bytesRead).toBeLessThan(bytes / 2); // it is the peer who waits
    near.resume();
    await expect.poll(() => came).toBe(bytes);
    expect(near.bytesRead + io.bytesRead).toBe(bytes);
  });

  it('keeps the order of what goes past the stream and through it, however slowly the peer reads', async () => {
    const [near, far] = await pair();
    const io = open(near, all);
    const whole = numbered(6_000_000);
    let refused = 0;
    for (let at = 0; at < whole.length; ) {
      const length = Math.min(1 + ((at * 7) % 60_000), whole.length - at);
      const part = whole.subarray(at, at + length);
      if (!io.write(part, length)) {
        refused++;
        near.write(part);
      }
      at += length;
    }
    expect(refused).toBeGreaterThan(0); // the peer's window is full
    near.end();
    const parts: Buffer[] = [];
    for await (const part of far) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    expect(io.bytesWritten + near.bytesWritten).toBe(whole.length);
  });

  it('gives a descriptor that is used again to whom it belongs', async () => {
    for (let round = 0; round < 30; round++) {
      const pairs = await Promise.all([pair(), pair(), pair()]);
      const heard = pairs.map(() => '');
      const ios = pairs.map(([near], i) =>
        open(near, (bytes) => {
          heard[i] += bytes.toString();
          return bytes.length;
        }),
      );
      for (const [i, [, far]] of pairs.entries()) far.write(`${round}.${i}`);
      await expect.poll(() => heard).toEqual([0, 1, 2].map((i) => `${round}.${i}`));
      for (const [near] of pairs) near.destroy();
      for (const io of ios) expect(io.write(Buffer.from('x'), 1)).toBe(false); // gone, whoever has its descriptor now
      await Promise.all(pairs.map(([, far]) => once(far.resume(), 'end')));
      for (const [, far] of pairs) far.destroy();
    }
  });

  it('tells of an end before it offers what came to others after that', async () => {
    const [[leaving, left], [staying, stays]] = [await pair(), await pair()];
    const order: string[] = [];
    for (const [name, near] of Object.entries({ leaving, staying })) {
      open(near, (bytes) => order.push(name) && bytes.length);
      near.resume();
      near.on('end', () => order.push(`end of ${name}`));
    }
    for (let i = 0; i < 20; i++) {
      stays.write('x');
      await expect.poll(() => order.splice(0)).toEqual(['staying']);
    }
    // In the kernel, one behind the other, before the event loop looks again.
    left.end();
    await new Promise<void>((resolve) => left.once('finish', () => stays.write('x', () => resolve())));
    await expect.poll(() => order).toEqual(['end of leaving', 'staying']);
  });

  it.each(['destroy', 'resetAndDestroy'] as const)('keeps a process alive until its end, by %s', async (end) => {
    const module = new URL('../../../../dist/transport/sockets/direct-io.js', import.meta.url).href;
    const program = `
      import { connect, createServer } from 'node:net';
      import { DirectIo } from '${module}';
      const server = createServer((far) => {
        far.on('error', () => {}); // a reset is what it is to see
        setTimeout(() => far.write('x'), 100).unref();
      });
      server.listen(0, '127.0.0.1', () => {
        const near = connect(server.address().port, '127.0.0.1', () => {
          server.close();
          server.unref();
          DirectIo.open(near, (bytes) => {
            console.log(bytes.toString());
            near.${end}();
            return bytes.length;
          });
        });
      });`;
    const { stdout } = await execFileAsync(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 20_000,
    });
    expect(stdout).toBe('x\n');
  });

  it('has what a message put off done in the same turn', async () => {
    const [near, far] = await pair();
    const order: string[] = [];
    open(near, (bytes) => {
      process.nextTick(() => order.push('tick'));
      void Promise.resolve().then(() => order.push('promise'));
      order.push('take');
      return bytes.length;
    });
    far.write('x');
    while (order.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(order).toEqual(['take', 'tick', 'promise']);
  });
});
