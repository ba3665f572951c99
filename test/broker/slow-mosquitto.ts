import { mosquittoPath } from './mosquitto.js';

/**
 * mosquitto behind a proxy that holds everything up for 30 ms each way, longer than a busy machine does: a program for Node.js,
 * which is given the port to listen on and one for mosquitto.
 */
export const slowMosquitto = (mosquitto = mosquittoPath): string => `import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
const [port, inner] = process.argv.slice(2).map(Number);
const mosquitto = spawn(${JSON.stringify(mosquitto)}, ['-p', String(inner)], { stdio: 'inherit' });
process.on('SIGTERM', () => mosquitto.kill() && process.exit());
const later = (from, to) => from.on('data', (data) => setTimeout(() => to.write(data), 30)).on('close', () => to.destroy()).on('error', () => {});
const listen = () => connect(inner, '127.0.0.1').on('error', () => setTimeout(listen, 50)).on('connect', function () {
  this.destroy();
  createServer((socket) => {
    const broker = connect(inner, '127.0.0.1');
    later(socket, broker);
    later(broker, socket);
  }).listen(port, '127.0.0.1');
});
listen();
`;
