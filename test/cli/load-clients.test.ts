import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { runCli, startHere } from '../helpers/cli.js';

let broker: BrokerHandle;
let folder: string;
let at: string[];

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 } } });
  folder = mkdtempSync(join(tmpdir(), 'mqbench-clients-'));
  at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

describe('payloads and clients of the user', () => {
  it('a feeder gives ids and topics, a template makes each payload', async () => {
    writeFileSync(join(folder, 'twice.json'), '[{"id":"x"},{"id":"x"}]');
    writeFileSync(join(folder, 'null.json'), '[null]');
    writeFileSync(join(folder, 'fleet.csv'), '\ufeffid,topic,site\nann,feeder/ann,north\nbob,feeder/bob,south\n');
    const seen: string[] = [];
    const listener = await mqtt.connectAsync(`mqtt://127.0.0.1:${at[3]}`);
    listener.on('message', (topic, payload) => seen.push(`${topic} ${payload}`));
    await listener.subscribeAsync('feeder/#');
    const { code } = await runCli(
      [
        'pub',
        ...at,
        ...'--feeder fleet.csv -c 2 -i 1 -q 1 --rate 100 -L 4 --quiet'.split(' '),
        '--template',
        '%{site} %s',
      ],
      { cwd: folder },
    );
    expect(code).toBe(0);
    await expect.poll(() => seen.length).toBe(4);
    expect(seen.sort()).toEqual([
      'feeder/ann north 0',
      'feeder/ann north 1',
      'feeder/bob south 0',
      'feeder/bob south 1',
    ]);
    await listener.endAsync();
  });

  it('a hook that fails is named with the message it failed at, not with a stack', async () => {
    writeFileSync(join(folder, 'hook.mjs'), 'export default ({ sequence }) => (sequence < 2 ? "x" : undefined);\n');
    const { code, stderr } = await runCli(
      ['pub', ...at, ...'-t a -c 1 -i 1 --rate 50 -L 5 --hook hook.mjs --quiet'.split(' ')],
      { cwd: folder },
    );
    expect(stderr).toMatch(
      /the hook .*hook\.mjs made undefined of message 2 of client mqbench-pub-[a-z0-9]{4}-0, which is no payload/,
    );
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });

  it('no password and no key of a feeder or a header goes into the result', async () => {
    writeFileSync(join(folder, 'secrets.csv'), 'id,username,password\na,u,topsecret\n');
    const args = '-c 1 -i 1 --duration 100ms --feeder secrets.csv --json s.json --quiet'.split(' ');
    await runCli(['conn', ...at, ...args], { cwd: folder });
    expect(readFileSync(join(folder, 's.json'), 'utf8')).not.toContain('topsecret');
  });

  it.each([
    [['pub', '--feeder', 'fleet.csv', '-c', '3'], /2 rows for 3 clients/],
    [['pub', '-t', 'a', '-m', 'x', '--template', 'y'], /several payloads/],
    [['pubsub', '-m', 'x'], /measures by what it writes into the payload/],
    [['pub', '--feeder', 'fleet.csv', '-c', '2', '-t', 'a/%{sight}'], /%\{sight\} has no value in row 1 of the feeder/],
    [['pub', '--feeder', 'twice.json', '-c', '2', '-t', 'a'], /has the id "x" twice/],
    [['pub', '--feeder', 'null.json', '-c', '1', '-t', 'a'], /null\.json, row 1 is not an object/],
    [['pub', '-t', '%{site}'], /is a column of a feeder, and there is none/],
  ] as [string[], RegExp][])('%j: exit 2', async (args, says) => {
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});

describe('source addresses', () => {
  it('are taken in turn', async () => {
    const cli = startHere([
      'conn',
      ...at,
      ...'-c 6 -i 1 --ifaddr 127.0.0.2,127.0.0.3 --prefix src- --duration 20s'.split(' '),
    ]);
    await cli.sees('connected 6/6');
    const peers = (await broker.peers()).filter(({ clientId }) => clientId.startsWith('src-'));
    cli.interrupt();
    await cli.ended;
    const hosts = peers.sort((a, b) => a.clientId.localeCompare(b.clientId)).map(({ address }) => address.host);
    expect(hosts).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3']);
  });
});
