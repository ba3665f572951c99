// Starts a NATS server and waits to be killed (test/agents/nats-server.test.ts).
import process from 'node:process';
import { makeKeyring } from '../../dist/agents/nats/server/keyring.js';
import { startNatsServer } from '../../dist/agents/nats/server/server.js';

const { pid, port } = await startNatsServer({ port: 0, keyring: await makeKeyring(['agent-1']) });
process.stdout.write(JSON.stringify({ pid, port }));
setInterval(() => {}, 1000);
