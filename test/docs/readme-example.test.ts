import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import mqtt from 'mqtt';
import { expect, it } from 'vitest';
import { startBroker } from '../../src/broker/process.js';
import { readPage, root } from './pages.js';

it('the JavaScript of README publishes over QUIC, with the URL and the CA of a broker that is there', async () => {
  const broker = await startBroker({ listeners: { quic: { port: 0 }, tcp: { port: 0 } } });
  try {
    const { quic, tcp } = broker.ready.addresses;
    const printed = readPage('README.md').blocks.find(({ language }) => language === 'js')?.text ?? '';
    const code = printed
      .replace('quic://broker.example', `quic://127.0.0.1:${quic?.port}`)
      .replace('{ fallback:', `{ tls: { ca: ${JSON.stringify(broker.ready.ca)} }, fallback:`);
    expect(code.match(/broker\.example/)).toBeNull();
    const watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${tcp?.port}`);
    await watcher.subscribeAsync('hello', { qos: 1 });
    const received = new Promise<[string, string]>((resolve) => {
      watcher.once('message', (topic, payload) => resolve([topic, String(payload)]));
    });
    // The package finds itself by its own name where the checkout is the working folder.
    const child = spawn(execPath, ['--input-type=module', '--eval', code], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`ended: ${errors}`)));
    const [topic, payload] = await Promise.race([received, ended]);
    expect([topic, payload, errors]).toEqual(['hello', 'over QUIC where UDP passes', '']);
    ended.catch(() => {});
    child.kill();
    await watcher.endAsync();
  } finally {
    await broker.close();
  }
});
