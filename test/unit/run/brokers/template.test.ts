import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isListening } from '../../../../src/run/brokers/listening.js';
import { type Filling, fill, freeNames } from '../../../../src/run/brokers/template.js';

const filling: Filling = {
  transport: 'tls',
  host: '10.0.0.1',
  ports: { tcp: 1883, tls: 8883 },
  free: { epmd: 4369 },
  dir: '/tmp/x',
  config: '/tmp/x/broker.conf',
  ca: '/tmp/x/ca.pem',
  cert: '/tmp/x/cert.pem',
  key: '/tmp/x/key.pem',
  user: 'me',
  program: '/usr/sbin/mosquitto',
};

describe('the texts of a broker', () => {
  it('have their words filled in, and keep all other braces', () => {
    expect(fill('{program} -c {config} -p {port} {port.tcp} {free.epmd}', filling)).toBe(
      '/usr/sbin/mosquitto -c /tmp/x/broker.conf -p 8883 1883 4369',
    );
    expect(fill('mqtt { port: {port} {nosuch} {port.quic} }', filling)).toBe(
      'mqtt { port: 8883 {nosuch} {port.quic} }',
    );
  });

  it('have the parts of the transport of the cell, and of no other', () => {
    const text = 'a\n{#tls}cert {cert}\n{/tls}{#wss}w {cert}\n{/wss}{#tcp}plain\n{/tcp}b';
    expect(fill(text, filling)).toBe('a\ncert /tmp/x/cert.pem\nb');
    expect(fill(text, { ...filling, transport: 'tcp' })).toBe('a\nplain\nb');
  });

  it('say which free ports they need, each once', () => {
    expect(freeNames(['{free.a} {free.b}', '{free.a} {free}'])).toEqual(['a', 'b']);
  });
});

describe('whether something listens on a port', () => {
  it('is read from the network of a process, without a connection', async () => {
    const server = createServer();
    let connections = 0;
    server.on('connection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(isListening('self', 'tcp', port)).toBe(true);
    expect(isListening(process.pid, 'wss', port)).toBe(true);
    expect(isListening('self', 'quic', port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(isListening('self', 'tcp', port)).toBe(false);
    expect(connections).toBe(0);
  });

  it('is no of a process that is not there', () => {
    expect(isListening(2 ** 22 + 1, 'tcp', 22)).toBe(false);
  });
});
