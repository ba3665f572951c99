import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvRecords, readFeeder } from '../../src/load/feeder/read.js';
import { planFor } from '../../src/load/pace/split.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-feeder-'));
  const authority = await createAuthority();
  const leaf = await issueLeaf(authority, ['client.example']);
  const stranger = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const files = { 'leaf.pem': leaf.cert, 'leaf.key': leaf.key, 'other.key': String(stranger) };
  writeFileSync(join(folder, 'wrong-order.pem'), authority.cert + leaf.cert);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What `conn` or another command says to a feeder of this text; nothing is dialled. */
async function refusal(text: string, args = 'conn -c 2', file = 'clients.csv'): Promise<string> {
  writeFileSync(join(folder, file), text);
  return whole(await runCli([...args.split(' '), '--feeder', file, '--duration', '1s'], { cwd: folder }));
}

describe('a feeder that is not understood is refused before the start', () => {
  it.each([
    'id;username\na;b\nc;d\n',
    'Id\tUsername\tPassword\na\tb\tc\nd\te\tf\n',
    'id|username\na|b\nc|d\n',
    'Id,Username\na,b\nc,d\n',
    'client_id\na\nb\n',
    'id,usrname\na,b\nc,d\n',
    'id,colour\na,b\nc,d\n',
    'id,id\na,b\nc,d\n',
    'id,,username\na,b,c\nd,e,f\n',
    'id,topic\na,"x\nb,y\n',
    'id,topic\na,"x"y\nb,z\n',
    'id,username\na,b\n',
    'id,password\na,b\nc,d\n',
    'id\nx\u0000\ny\n',
  ])('%j', async (text) => {
    expect(await refusal(text)).toMatchSnapshot();
  });

  it.each([
    ['topic\na/+\nb\n', 'pub -c 2'],
    [`topic\na\n${'b'.repeat(70_000)}\n`, 'pub -c 2'],
    ['site\na\nb#\n', 'pub -c 2 -t x/%{site}'],
    ['site\na\nb#\n', 'sub -c 2 -t x/%{site}'],
    ['[{"topic":"a\\u0000b"}]', 'pub -c 1', 'nul.json'],
  ] as [string, string, string?][])(
    'topics that MQTT does not carry, of a row or filled with it (%#)',
    async (text, args, file) => {
      expect(await refusal(text, args, file)).toMatchSnapshot();
    },
  );

  it('a misspelt column in a pattern is answered with the nearest', async () => {
    expect(await refusal('id,site\na,b\nc,d\n', 'pub -c 2 -t x/%{sit}')).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: %{sit} has no value in row 1 of the feeder
        → did you mean %{site}?"
    `);
  });

  it.each([
    ['leaf.pem', 'other.key'],
    ['leaf.pem', ''],
    ['wrong-order.pem', 'leaf.key'],
  ])('certificates and keys of its rows that do not fit each other, with the row: "%s", "%s"', async (cert, key) => {
    const rows = `id,certfile,keyfile\na,leaf.pem,leaf.key\nb,${cert},${key}\n`;
    expect(await refusal(rows, 'conn -S --insecure -c 2')).toMatchSnapshot();
  });
});

describe('a feeder that is understood', () => {
  it('takes a byte order mark, comments, CR LF, and columns that something reads', () => {
    writeFileSync(join(folder, 'good.csv'), '\ufeffid,#note,site\r\na,x,"b, c"\r\n');
    expect(readFeeder(folder, 'good.csv')).toEqual([{ id: 'a', site: 'b, c' }]);
    writeFileSync(join(folder, 'good.json'), '\ufeff[{"id":1}]');
    expect(readFeeder(folder, 'good.json')).toEqual([{ id: '1' }]);
  });

  it('takes certificates and keys beside it', () => {
    writeFileSync(join(folder, 'certs.csv'), 'id,certfile,keyfile\na,leaf.pem,leaf.key\n');
    const [row] = readFeeder(folder, 'certs.csv');
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    expect(row).toEqual({ id: 'a', cert: read('leaf.pem'), key: read('leaf.key') });
  });

  it('only needed rows are kept, and only a worker’s own travel to it', () => {
    const text = `id\n${Array.from({ length: 1000 }, (_, i) => `c${i}`).join('\n')}\n`;
    expect(csvRecords(text)).toHaveLength(1001);
    writeFileSync(join(folder, 'many.csv'), text);
    const feed = readFeeder(folder, 'many.csv', 3);
    expect(feed).toEqual([{ id: 'c0' }, { id: 'c1' }, { id: 'c2' }]);
    const plan = { feed, clients: 3 } as unknown as LoadPlan;
    expect(planFor(plan, { worker: 1, workers: 2 }, true).feed).toEqual([{}, { id: 'c1' }, {}]);
  });

  it('of clients of other workers what their topics are made of goes along where somebody subscribes, and no secret', () => {
    const feed = ['a', 'b'].map((id) => ({ id, topic: `t/${id}`, password: 'secret', key: 'KEY', cert: 'CERT' }));
    const plan = { feed, clients: 2, publish: {} } as unknown as LoadPlan;
    const first = { worker: 0, workers: 2 };
    expect(planFor(plan, first, true).feed).toEqual([feed[0], { id: 'b', topic: 't/b' }]);
    expect(planFor(plan, first, false).feed).toEqual([feed[0], {}]);
    expect(planFor(plan, undefined, true).feed).toEqual([
      { id: 'a', topic: 't/a' },
      { id: 'b', topic: 't/b' },
    ]);
  });
});

describe('a certificate and key of the command line', () => {
  it.each([
    ['leaf.pem', 'other.key'],
    ['wrong-order.pem', 'leaf.key'],
  ])('%s and %s: refused before the start, on every transport', async (cert, key) => {
    const said: string[] = [];
    for (const transport of ['tls', 'quic', 'wss']) {
      const args = ['conn', '--transport', transport, '--insecure', '--cert', cert, '--key', key, '-c', '1'];
      said.push(whole(await runCli([...args, '--duration', '1s'], { cwd: folder })));
    }
    expect(said[0]).toMatchSnapshot();
    expect(said).toEqual([said[0], said[0], said[0]]);
  });
});

describe('topics of the command line and of files', () => {
  it.each([
    ['a character U+0000', ['pub', '-t', 'a\u0000b']],
    ['too many bytes', ['pub', '-t', 'x'.repeat(70_000)]],
    ['a filter with U+0000', ['sub', '-t', 'a\u0000b']],
    ['a will with U+0000', ['conn', '--will-topic', 'a\u0000b']],
  ] as [string, string[]][])('%s: exit 2', async (_, args) => {
    expect(whole(await runCli([...args, '-c', '1', '--duration', '1s']))).toMatchSnapshot();
  });

  it('a file of topics may begin with a byte order mark, and its topics are held to the same rules', async () => {
    writeFileSync(
      join(folder, 'topics.json'),
      `\ufeff{"topics":[{"name":"a\\u0000b"},{"name":"${'x'.repeat(70_000)}"}]}`,
    );
    const args = ['pub', '--topics-payload', 'topics.json', '-c', '1'];
    expect(whole(await runCli(args, { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: topics.json, topic 1: "name" has the character U+0000 in it (MQTT-1.5.4-2)
        topics.json, topic 2: "name" has more than 65535 bytes (MQTT 5.0, 1.5.4)
        → fields: name QoS interval_ms retain payload size payload_encoding inject_timestamp render stream stream_priority"
    `);
  });
});
