import { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { lightenParser, onParsed, startAedes } from '../../../../src/broker/aedes/aedes.js';

test('the parser of a client gathers in a list that is no stream, and reads packets that come in parts', async () => {
  const aedes = await startAedes({});
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const client = aedes.handle(stream);
  const { _parser: parser } = client as unknown as { _parser: { _list: object } };
  expect(parser._list).toHaveProperty('pipe');
  lightenParser(client);
  expect(parser._list).not.toHaveProperty('pipe');
  const seen = new Promise<Packet>((resolve) => onParsed(client, resolve));
  const connect = generate({ cmd: 'connect', clientId: 'in-parts', clean: true, keepalive: 0 });
  stream.push(connect.subarray(0, 9));
  setImmediate(() => stream.push(connect.subarray(9)));
  expect(await seen).toMatchObject({ cmd: 'connect', clientId: 'in-parts' });
  await new Promise<void>((resolve) => aedes.close(resolve));
});
