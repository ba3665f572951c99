import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { Turns } from '../../../../src/load/pace/turns.js';

it('a fleet that dials at once reads answers between its dials', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  await once(socket, 'connect');
  // A clock of its own: each piece of work takes 1 ms of it, so a turn ends after five.
  let now = 0;
  let done = 0;
  let doneAtAnswer = -1;
  socket.on('data', () => {
    doneAtAnswer = done;
  });
  await new Promise<void>((resolve) => {
    const turns = new Turns<number>(
      () => now,
      (item) => {
        now += 1_000;
        done++;
        expect(item).toBe(done - 1);
        if (done === 1) socket.write('answer me');
        if (done === 20_000) resolve();
      },
    );
    for (let item = 0; item < 20_000; item++) turns.add(item);
    expect(done).toBe(0);
  });
  expect(doneAtAnswer).toBeGreaterThanOrEqual(5);
  expect(doneAtAnswer).toBeLessThan(20_000);
  socket.destroy();
  server.close();
});
