// One end of raw-tls.mjs; which one, its first message says.
import process from 'node:process';
import { connect, createSecureContext, createServer } from 'node:tls';

const atOnce = 50;
const connectPacket = Buffer.from('101300044d5154540402012c000762656e63682d31', 'hex');
const connack = Buffer.from([0x20, 2, 0, 0]);

function serve({ cert, key }) {
  const server = createServer({ cert, key, minVersion: 'TLSv1.3', noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(connack));
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

let target;
const kept = [];

/** So many connects, a number of them at once; all stay open. */
async function connectAll(count) {
  const began = performance.now();
  let left = count;
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', ...target }, () => socket.write(connectPacket));
      socket.once('data', resolve);
      socket.once('error', reject);
      kept.push(socket);
    });
  const worker = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.send({ seconds: (performance.now() - began) / 1000 });
}

process.on('message', (order) => {
  if (order.serve !== undefined) serve(order.serve);
  else if (order.client !== undefined) {
    const { port, ca } = order.client;
    // One for all: to read the certificates anew for each connect would cost as much as the handshake.
    target = { port, secureContext: createSecureContext({ ca, minVersion: 'TLSv1.3' }) };
    process.send({});
  } else if (order === 'use') {
    const { user, system } = process.cpuUsage();
    process.send({ cpuUserMicros: user, cpuSystemMicros: system });
  } else void connectAll(order.connect);
});
process.on('disconnect', () => process.exit(0));
