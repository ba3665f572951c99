// Brokers of others, set up so that they are at their best at what is measured: nothing kept on disk, no limits that drop messages, no
// log, no Nagle.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { spawnHere } from '../../../dist/base/process/child.js';
import { throwAwayCertificates } from '../../../dist/transport/tls/certs.js';
import { find } from './programs.mjs';

const startMillis = 10_000;

/** @returns arguments of the program, from what it needs: free ports, paths of certificates, `write` for files of its own */
const settings = {
  mosquitto: ({ transport, port, files, write }) => {
    const secured = transport === 'tls' ? `certfile ${files.cert}\nkeyfile ${files.key}\n` : '';
    const text = `user ${userInfo().username}
allow_anonymous true
persistence false
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
log_type none
sys_interval 0
listener ${port} 127.0.0.1
${secured}`;
    return ['-c', write('mosquitto.conf', text)];
  },
  // MQTT there needs JetStream, and has one listener (docs.nats.io, "MQTT").
  'nats-server': ({ transport, port, otherPort, files, folder, write }) => {
    const secured = transport === 'tls' ? `tls { cert_file: "${files.cert}", key_file: "${files.key}" }` : '';
    const text = `server_name: bench
listen: "127.0.0.1:${otherPort}"
jetstream { store_dir: "${folder}/jetstream" }
mqtt { host: "127.0.0.1", port: ${port} ${secured} }
`;
    return ['-c', write('nats.conf', text)];
  },
  mqttv5: ({ port, otherPort, transport, files }) => [
    ...['broker', '--allow-anonymous', '--storage-backend', 'memory', '--max-clients', '50000'],
    ...['--host', `127.0.0.1:${transport === 'tcp' ? port : otherPort}`],
    ...(transport === 'tcp' ? [] : [`--${transport}-host`, `127.0.0.1:${port}`]),
    ...['--tls-cert', files.cert, '--tls-key', files.key],
  ],
};

/** Which transports each can be asked for. */
export const speaks = { mosquitto: ['tcp', 'tls'], 'nats-server': ['tcp', 'tls'], mqttv5: ['tcp', 'tls', 'quic'] };

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const opens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true) || socket.destroy());
    socket.once('error', () => resolve(false));
  });

/** Resident memory of a process. */
const residentBytes = (pid) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

/** A broker of others with a listener for one transport; it ends with this process. @returns as openBroker (measure/setting.mjs) */
export async function openPeer(name, transport) {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
  const write = (file, text) => {
    writeFileSync(join(folder, file), text, { mode: 0o600 });
    return join(folder, file);
  };
  const { cert, key, ca } = await throwAwayCertificates();
  const files = { cert: write('cert.pem', cert), key: write('key.pem', key) };
  const [port, otherPort] = [await freePort(), await freePort()];
  const args = settings[name]({ transport, port, otherPort, files, folder, write });
  const child = spawnHere(find(name), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-500);
  });
  const close = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + startMillis;
  // A listener for UDP cannot be tried; the one for TCP beside it says that the program is up.
  while (!(await opens(transport === 'quic' ? otherPort : port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close();
      throw new Error(`${name} did not start: ${said.trim() || 'it listens nowhere'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { transport, port, ca, pid: child.pid, close, rssBytes: async () => residentBytes(child.pid) };
}
