// What TLS 1.3 connects cost when there is nothing above node:tls: two processes, the packets CONNECT and CONNACK, certificates of the
// kind that mqbench makes, verified. The lowest that a client and a broker on node:tls could come to.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { throwAwayCertificates } from '../../../dist/transport/tls/certs.js';
import { spent } from './setting.mjs';

const entry = fileURLToPath(new URL('./raw-tls-end.mjs', import.meta.url));
const warmupClients = 100;

function start(order) {
  const child = fork(entry);
  const ask = async (message) => {
    const answer = once(child, 'message');
    child.send(message);
    return (await answer)[0];
  };
  return { ask, ready: ask(order), end: () => child.disconnect() };
}

/** @returns connects per second, and the processor time of each end for one connect, microseconds */
export async function measure({ clients }) {
  const { cert, key, ca } = await throwAwayCertificates();
  const server = start({ serve: { cert, key } });
  const { port } = await server.ready;
  const client = start({ client: { port, ca } });
  await client.ready;
  try {
    await client.ask({ connect: warmupClients });
    const before = [await client.ask('use'), await server.ask('use')];
    const { seconds } = await client.ask({ connect: clients });
    const after = [await client.ask('use'), await server.ask('use')];
    const [generatorMicros, brokerMicros] = before.map((use, end) => spent(use, after[end]).all / clients);
    return { rate: clients / seconds, generatorMicros, brokerMicros };
  } finally {
    client.end();
    server.end();
  }
}
