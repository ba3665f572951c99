import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { runCli, startHere } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

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
    const args = ['pub', ...at, ...'-t a -c 1 -i 1 --rate 50 -L 5 --hook hook.mjs --workers 1'.split(' ')];
    expect(whole(await runCli(args, { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      1 client is to connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 1,000/s as mqbench-pub-RUN-0, publish payloads of a hook to a with QoS 0 at 50/s in all, until 5 messages are sent, from PROCESSES.
      mqbench: the hook FOLDER/hook.mjs made undefined of message 2 of client mqbench-pub-RUN-0, which is no payload
        → it returns text, bytes or an object that JSON can hold, at once"
    `);
  });

  it('no password and no key of a feeder or a header goes into the result', async () => {
    writeFileSync(join(folder, 'secrets.csv'), 'id,username,password\na,u,topsecret\n');
    const args = '-c 1 -i 1 --duration 100ms --feeder secrets.csv --json s.json --quiet'.split(' ');
    await runCli(['conn', ...at, ...args], { cwd: folder });
    expect(readFileSync(join(folder, 's.json'), 'utf8')).not.toContain('topsecret');
  });

  it.each([
    'pub --feeder fleet.csv -c 3',
    'pub -t a -m x --template y',
    'pubsub -m x',
    'pub --feeder fleet.csv -c 2 -t a/%{sight}',
    'pub --feeder twice.json -c 2 -t a',
    'pub --feeder null.json -c 1 -t a',
    'pub -t %{site}',
  ])('%s: exit 2', async (line) => {
    expect(whole(await runCli(line.split(' '), { cwd: folder }))).toMatchSnapshot();
  });
});

describe('source addresses', () => {
  it('are taken in turn', async () => {
    const cli = startHere([
      'conn',
      ...at,
      ...'-c 6 -i 1 --ifaddr 127.0.0.2,127.0.0.3 --prefix src- --duration 20s'.split(' '),
    ]);
    await cli.sees('6 of 6 connected');
    const peers = (await broker.peers()).filter(({ clientId }) => clientId.startsWith('src-'));
    cli.interrupt();
    await cli.ended;
    const hosts = peers.sort((a, b) => a.clientId.localeCompare(b.clientId)).map(({ address }) => address.host);
    expect(hosts).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3']);
  });
});
