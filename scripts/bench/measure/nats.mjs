// A NATS server of this machine, and how what was started is ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function openNatsServer() {
  const port = await freePort();
  const nats = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await says(nats.stderr, 'Server is ready');
  return { url: `nats://127.0.0.1:${port}`, nats };
}

/** Ends these, the last first. */
export async function end(children) {
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** Resolves when the words have come. */
export function says(stream, words) {
  let said = '';
  return new Promise((resolve, reject) => {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.includes(words)) resolve();
    });
    stream.on('close', () => reject(new Error(`it never said "${words}": ${said}`)));
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
