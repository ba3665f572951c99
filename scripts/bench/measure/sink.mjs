// Two servers of a few lines, each a process of its own, so that only the generator is measured:
//   sink    answers CONNECT and reads everything else without looking at it; says how many bytes that was when asked
//   source  answers CONNECT and SUBSCRIBE, then writes stamped PUBLISH packets of QoS 0 as fast as they are taken
import { createServer } from 'node:net';
import process from 'node:process';
import { built } from './build.mjs';

const { nowMicros } = await built('base/clock.js');
const { PublishTemplate } = await built('mqtt/codec/publish-template.js');
const { Outbox } = await built('mqtt/session/outbox.js');

const connack = Buffer.from([0x20, 2, 0, 0]);
const batch = 400;
let connections = 0;
let arrived = 0;

function feed(socket, publisher) {
  const out = new Outbox();
  const payload = Buffer.alloc(64, 'x');
  const template = new PublishTemplate({
    topic: 'bench/source',
    qos: 0,
    version: 4,
    payload,
    stamp: { run: 1, publisher, slot: 0 },
  });
  let sequence = 0;
  const turn = () => {
    if (socket.destroyed) return;
    const now = nowMicros();
    for (let i = 0; i < batch; i++) template.append(out, 0, sequence++, now, false);
    if (socket.write(out.take())) setImmediate(turn);
    else socket.once('drain', turn);
  };
  turn();
}

const server = createServer({ noDelay: true }, (socket) => {
  const publisher = connections++;
  let packets = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    arrived += chunk.length;
    if (packets === 0 && chunk[0] >>> 4 === 1) {
      packets++;
      socket.write(connack);
    } else if (process.argv[2] === 'source' && packets === 1 && chunk[0] >>> 4 === 8) {
      packets++;
      const at = chunk[1] < 128 ? 2 : 3;
      socket.write(Buffer.from([0x90, 3, chunk[at], chunk[at + 1], 0]));
      feed(socket, publisher);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('message', () => process.send({ arrived }));
process.on('disconnect', () => process.exit(0));
