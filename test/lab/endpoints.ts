import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Lab } from '../../src/lab/contract.js';

/** Answers everything with the address and port it came from, on TCP 1883 and UDP 14567, IPv4 and IPv6. */
const server = `
  const answer = (address, port) => address.replace('::ffff:', '') + ' ' + port;
  const tcp = require('net').createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(answer(socket.remoteAddress, socket.remotePort)));
  });
  const udp = ['udp4', 'udp6'].map((type) => require('dgram').createSocket({ type, ipv6Only: type === 'udp6' }));
  for (const socket of udp) {
    socket.on('message', (_, from) => socket.send(answer(from.address, from.port), from.port, from.address));
  }
  tcp.listen(1883, '::', () => udp[0].bind(14567, '0.0.0.0', () => udp[1].bind(14567, '::', () => process.send('ready'))));
`;

/** At every message asks over its one TCP connection and its one UDP socket, and reports what came back. */
const client = `
  const [host, from] = process.argv.slice(1);
  const tcp = require('net').connect({ host, port: 1883, localAddress: from });
  const udp = require('dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
  tcp.on('data', (data) => process.send({ tcp: String(data) }));
  tcp.on('error', (error) => process.send({ tcp: error.code }));
  udp.on('message', (data) => process.send({ udp: String(data) }));
  udp.on('error', (error) => process.send({ udp: error.code }));
  udp.bind(0, from, () => tcp.once('connect', () => process.send('ready')));
  process.on('message', () => {
    tcp.write('x');
    udp.send('x', 14567, host, (error) => error && process.send({ udp: error.code }));
  });
`;

const stdio: ['ignore', 'inherit', 'inherit', 'ipc'] = ['ignore', 'inherit', 'inherit', 'ipc'];

export async function startServer(lab: Lab): Promise<ChildProcess> {
  const child = lab.spawn('server', process.execPath, ['-e', server], { stdio });
  await once(child, 'message');
  return child;
}

/** Connected over TCP, and with a bound UDP socket. */
export async function startClient(lab: Lab, from: string): Promise<ChildProcess> {
  const host = from.includes(':') ? lab.serverAddress6 : lab.serverAddress;
  const child = lab.spawn('client', process.execPath, ['-e', client, host, from], { stdio });
  await once(child, 'message');
  return child;
}

/** What came back: "address port" as the server saw it, or an error's code; undefined when nothing did in time. */
export interface Answers {
  tcp?: string;
  udp?: string;
}

export async function ask(child: ChildProcess, waitMillis = 5000): Promise<Answers> {
  const answers: Answers = {};
  const collect = (message: unknown): void => void Object.assign(answers, message);
  child.on('message', collect);
  child.send({});
  const end = Date.now() + waitMillis;
  while (!(answers.tcp && answers.udp) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  child.off('message', collect);
  return answers;
}

export async function stop(...children: ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }),
  );
}
